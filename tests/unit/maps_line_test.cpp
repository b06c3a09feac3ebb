// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/mapping/maps_line.hpp"
#include "print.hpp"

#include <fstream>
#include <sstream>
#include <string>

using namespace sealwax;

namespace {

bool is_line(const std::string& line) {
  MapsLine parsed;
  return parse_maps_line(line, parsed);
}

std::string name_in(const std::string& line) {
  MapsLine parsed;
  REQUIRE(parse_maps_line(line, parsed));
  return std::string{parsed.name};
}

/// The line as the kernel writes it: fs/proc/task_mmu.c, show_vma_header_prefix; the name begins
/// in column 74 at the earliest.
std::string written(const MapsLine& line) {
  std::ostringstream out;
  const auto hex = [&out](std::uint64_t number, int width) {
    out.width(width);
    out << std::hex << number << std::dec;
  };
  out.fill('0');
  hex(line.range.begin, 8);
  out << '-';
  hex(line.range.end, 8);
  out << ' ' << (line.readable ? 'r' : '-') << (line.writable ? 'w' : '-')
      << (line.executable ? 'x' : '-') << (line.shared ? 's' : 'p') << ' ';
  hex(line.offset, 8);
  out << ' ';
  hex(line.device_major, 2);
  out << ':';
  hex(line.device_minor, 2);
  out << ' ' << line.inode << ' ';
  std::string text = out.str();
  if (!line.name.empty())
    text.append(text.size() < 73 ? 73 - text.size() : 0, ' ').append(line.name);
  return text;
}

} // namespace

TEST_CASE("a line of a file") {
  MapsLine line;
  REQUIRE(parse_maps_line("7f0a1c028000-7f0a1c19d000 r-xp 00028000 fe:1f 1049712                   "
                          "  /usr/lib/libc.so.6",
                          line));
  CHECK(line.range == Range{0x7f0a1c028000, 0x7f0a1c19d000});
  CHECK(line.readable);
  CHECK_FALSE(line.writable);
  CHECK(line.executable);
  CHECK_FALSE(line.shared);
  CHECK(line.offset == 0x28000);
  CHECK(line.device_major == 0xfe);
  CHECK(line.device_minor == 0x1f);
  CHECK(line.inode == 1049712);
  CHECK(line.name == "/usr/lib/libc.so.6");
}

TEST_CASE("each permission by itself") {
  const auto permissions = [](const std::string& letters) {
    MapsLine line;
    REQUIRE(parse_maps_line("1000-2000 " + letters + " 0 0:0 0", line));
    return std::string{line.readable ? "r" : ""} + (line.writable ? "w" : "") +
           (line.executable ? "x" : "") + (line.shared ? "s" : "");
  };
  CHECK(permissions("---p").empty());
  CHECK(permissions("r--p") == "r");
  CHECK(permissions("-w-p") == "w");
  CHECK(permissions("--xp") == "x");
  CHECK(permissions("---s") == "s");
}

TEST_CASE("names") {
  CHECK(name_in("1000-2000 rw-p 00000000 00:00 0 ").empty());
  CHECK(name_in("1000-2000 rw-p 00000000 00:00 0").empty());
  CHECK(name_in("1000-2000 rw-p 00000000 00:00 0          [vdso]") == "[vdso]");
  CHECK(name_in("1000-2000 rw-p 00000000 00:00 0          [anon:a name]") == "[anon:a name]");
  CHECK(name_in("1000-2000 r--p 0 8:1 9   /a path/with\\012lines (deleted)") ==
        "/a path/with\\012lines (deleted)");
}

TEST_CASE("the top of the address space") {
  MapsLine line;
  REQUIRE(parse_maps_line("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]",
                          line));
  CHECK(line.range == Range{0xffffffffff600000, 0xffffffffff601000});
}

TEST_CASE("what is no line of this file") {
  CHECK_FALSE(is_line(""));
  CHECK_FALSE(is_line("VmFlags: rd ex mr mw me sl"));
  CHECK_FALSE(is_line("Size:                  4 kB"));
  CHECK_FALSE(is_line("1000 r--p 0 0:0 0"));
  CHECK_FALSE(is_line("1000-2000 r-- 0 0:0 0"));
  CHECK_FALSE(is_line("1000-2000 rq-p 0 0:0 0"));
  CHECK_FALSE(is_line("1000-2000 r--x 0 0:0 0"));
  CHECK_FALSE(is_line("1000-2000 r--p 0 00 0"));
  CHECK_FALSE(is_line("1000-2000 r--p 0 0:0"));
  CHECK_FALSE(is_line("1000-2000 r--p 0 0:0 x"));
  CHECK_FALSE(is_line("1000-2000 r--p 0 0:0 9x   /a"));
  CHECK_FALSE(is_line("10000000000000000-2000 r--p 0 0:0 0"));
  CHECK_FALSE(is_line(" 1000-2000 r--p 0 0:0 0"));
}

TEST_CASE("every line of this process comes back as it was") {
  std::ifstream maps{"/proc/self/maps"};
  int lines = 0;
  for (std::string text; std::getline(maps, text); ++lines) {
    MapsLine line;
    REQUIRE(parse_maps_line(text, line));
    CHECK(written(line) == text);
  }
  CHECK(lines > 10);
}
