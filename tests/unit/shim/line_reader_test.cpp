// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/kernel/line_reader.hpp"

#include <sys/mman.h>

#include <string>
#include <unistd.h>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

/// The lines of a file with this text that `next` finds, with a buffer of `size` bytes.
template <typename Next>
std::vector<std::string> lines_of(const std::string& text, std::size_t size, Next next) {
  const int file = memfd_create("lines", 0);
  REQUIRE(write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  std::vector<char> buffer(size);
  std::vector<std::string> lines;
  {
    LineReader reader{("/proc/self/fd/" + std::to_string(file)).c_str(),
                      Slice<char>{buffer.data(), buffer.size()}};
    std::string_view line;
    while (next(reader, line))
      lines.emplace_back(line);
  }
  close(file);
  return lines;
}

std::vector<std::string> lines_of(const std::string& text, std::size_t size) {
  return lines_of(text, size,
                  [](LineReader& reader, std::string_view& line) { return reader.next(line); });
}

std::vector<std::string> lines_of_t_and_s(const std::string& text, std::size_t size) {
  return lines_of(text, size, [](LineReader& reader, std::string_view& line) {
    return reader.next_of('T', 'S', line);
  });
}

} // namespace

TEST_CASE("each line comes once, whatever the size of the buffer") {
  const std::vector<std::string> wanted{"one", "", "three", "4", "", "six"};
  for (std::size_t size = 6; size < 40; ++size)
    CHECK(lines_of("one\n\nthree\n4\n\nsix\n", size) == wanted);
}

TEST_CASE("a line longer than the buffer is passed over, and nothing else") {
  for (std::size_t size = 4; size < 16; ++size) {
    const std::string too_long(size, 'x');
    const std::string far_too_long(10 * size, 'y');
    CHECK(lines_of("a\n" + too_long + "\nb\n" + far_too_long + "\nc\n", size) ==
          std::vector<std::string>{"a", "b", "c"});
  }
}

TEST_CASE("a line without an end is none") {
  CHECK(lines_of("a\nb", 16) == std::vector<std::string>{"a"});
  CHECK(lines_of("", 16).empty());
}

TEST_CASE("lines are found by their first letter, whatever the size of the buffer") {
  const std::string text = "Title\nTwo\n\nnone: TS\nSome\nT\nS\n\n Space\nThe last but one\nTail";
  const std::vector<std::string> wanted{"Two", "Some", "T", "S", "The last but one"};
  for (std::size_t size = 17; size < 80; ++size)
    CHECK(lines_of_t_and_s(text, size) == wanted);
  CHECK(lines_of_t_and_s("a\nS" + std::string(40, 'x') + "\nb\nT\n", 16) ==
        std::vector<std::string>{"T"});
  CHECK(lines_of_t_and_s("", 16).empty());
  CHECK(lines_of_t_and_s("a", 1).empty());
}

TEST_CASE("a file that is not there has no lines") {
  char buffer[16];
  LineReader reader{"/nowhere", Slice<char>{buffer}};
  std::string_view line;
  CHECK_FALSE(reader.next(line));
}

TEST_CASE("a number is read behind its label only") {
  std::uint32_t value = 7;
  CHECK_FALSE(number_after("Seccomp_filters:\t3", "Seccomp:", value));
  CHECK(value == 7);
  CHECK(number_after("Seccomp:\t2", "Seccomp:", value));
  CHECK(value == 2);
  CHECK(number_after("Seccomp:", "Seccomp:", value));
  CHECK(value == 0);
}
