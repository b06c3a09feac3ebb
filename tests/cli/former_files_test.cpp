// SPDX-License-Identifier: Apache-2.0
// Whose memory is that has lost its name.
#include "catch.hpp"
#include "cli/commands/learn/following/former_files.hpp"

#include <string>

namespace sealwax::cli::learn {
namespace {

Mapping mapping(Range range, const char* name, std::uint64_t inode) {
  Mapping made;
  made.range = range;
  made.name = name;
  made.file.inode = inode;
  return made;
}

Mapping file(Range range, const char* name) {
  return mapping(range, name, 1);
}

Mapping anonymous(Range range) {
  return mapping(range, "", 0);
}

/// "10-20:a 20-30:"
std::string text_of(const std::vector<Mapping>& mappings) {
  std::string text;
  for (const Mapping& shown : mappings) {
    text += text.empty() ? "" : " ";
    text += std::to_string(shown.range.begin) + "-" + std::to_string(shown.range.end) + ":";
    text += shown.name;
  }
  return text;
}

std::string restored(const FormerFiles& former, const std::vector<Mapping>& mappings) {
  return text_of(former.restored_in(mappings));
}

} // namespace

TEST_CASE("what was moved over files is of these files") {
  FormerFiles former;
  former.add({10, 30}, std::vector{file({0, 20}, "a"), file({20, 40}, "b")});
  CHECK(restored(former, {file({0, 10}, "a"), anonymous({10, 30}), file({30, 40}, "b")}) ==
        "0-10:a 10-20:a 20-30:b 30-40:b");
}

TEST_CASE("memory around it that the kernel shows with it stays without a name") {
  FormerFiles former;
  former.add({10, 20}, std::vector{file({10, 20}, "a")});
  former.add({30, 40}, std::vector{file({30, 40}, "b")});
  CHECK(restored(former, {anonymous({0, 50})}) == "0-10: 10-20:a 20-30: 30-40:b 40-50:");
}

TEST_CASE("what has a name keeps it, and a move that was refused changes nothing") {
  FormerFiles former;
  former.add({10, 20}, std::vector{file({10, 20}, "a")});
  CHECK(restored(former, {file({10, 20}, "a")}) == "10-20:a");
  CHECK(restored(former, {mapping({10, 20}, "[heap]", 0)}) == "10-20:[heap]");
}

TEST_CASE("a file's place is that in the file, and its permissions are those that hold") {
  FormerFiles former;
  Mapping code = file({0, 40}, "a");
  code.offset = 100;
  former.add({10, 30}, std::vector{code});
  Mapping now = anonymous({20, 30});
  now.permissions = {'r', '-', 'x', 'p'};
  const std::vector<Mapping> found = former.restored_in(std::vector{now});
  REQUIRE(found.size() == 1);
  CHECK(found[0].offset == 120);
  CHECK(found[0].permissions == now.permissions);
  CHECK(found[0].file == code.file);
}

TEST_CASE("what was replaced is of no file, nor was anonymous memory ever") {
  FormerFiles former;
  former.add({0, 40}, std::vector{file({0, 30}, "a"), anonymous({30, 40})});
  former.remove({10, 20});
  CHECK(restored(former, {anonymous({0, 40})}) == "0-10:a 10-20: 20-30:a 30-40:");
}

} // namespace sealwax::cli::learn
