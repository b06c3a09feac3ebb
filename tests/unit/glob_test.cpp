// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/policy/glob.hpp"

#include <string>

using namespace sealwax;

namespace {

bool matches(std::string_view glob, std::string_view path) {
  std::size_t at = 0;
  CHECK(check_glob(glob, at) == GlobFault::none);
  return glob_matches(glob, path);
}

struct Fault {
  GlobFault fault;
  std::size_t at;
  bool operator==(const Fault&) const = default;
};

Fault fault_of(std::string_view glob) {
  Fault found{};
  found.fault = check_glob(glob, found.at);
  return found;
}

} // namespace

TEST_CASE("a glob without special characters is the path itself") {
  CHECK(matches("/usr/bin/true", "/usr/bin/true"));
  CHECK_FALSE(matches("/usr/bin/true", "/usr/bin/tru"));
  CHECK_FALSE(matches("/usr/bin/tru", "/usr/bin/true"));
  CHECK_FALSE(matches("/usr/bin/true", "/usr/bin/trux"));
  CHECK_FALSE(matches("/usr/bin/true", "/opt/usr/bin/true"));
  CHECK_FALSE(matches("/usr/bin/true", ""));
}

TEST_CASE("a glob without a slash matches the last component") {
  CHECK(matches("nginx", "/usr/sbin/nginx"));
  CHECK(matches("nginx", "nginx"));
  CHECK(matches("libc.so.*", "/lib/x86_64-linux-gnu/libc.so.6"));
  CHECK_FALSE(matches("nginx", "/usr/nginx/worker"));
  CHECK_FALSE(matches("sbin", "/usr/sbin/nginx"));
  CHECK_FALSE(matches("nginx", "/usr/sbin/"));
  CHECK(matches("*", "/usr/sbin/"));
  CHECK(matches("*", ""));
}

TEST_CASE("a slash anywhere, escaped or in brackets, asks for the whole path") {
  CHECK_FALSE(matches("sbin/nginx", "/usr/sbin/nginx"));
  CHECK(matches("*/nginx", "/usr/sbin/nginx"));
  CHECK_FALSE(matches("\\/nginx", "/usr/sbin/nginx"));
  CHECK(matches("*[/]nginx", "/usr/sbin/nginx"));
}

TEST_CASE("a star matches any text, slashes included") {
  CHECK(matches("/usr/*", "/usr/lib/jvm/bin/java"));
  CHECK(matches("/usr/*", "/usr/"));
  CHECK_FALSE(matches("/usr/*", "/usr"));
  CHECK(matches("/*/java", "/usr/lib/jvm/bin/java"));
  CHECK_FALSE(matches("/*/java", "/java"));
  CHECK(matches("/opt/*/lib*.so", "/opt/a/b/libx.so"));
  CHECK(matches("/a*b*c", "/abbcbc"));
  CHECK_FALSE(matches("/a*b*c", "/acccb"));
  CHECK(matches("/**", "/anything"));
  CHECK(matches("/usr/**/x", "/usr/lib/x"));
}

TEST_CASE("a star gives back what the rest of the glob needs") {
  CHECK(matches("/*.so.1", "/lib/a.so.so.1"));
  CHECK(matches("*aab", "/aaaab"));
  CHECK(matches("/x*y?z", "/xyyyaz"));
  CHECK_FALSE(matches("/x*y?z", "/xyz"));
}

TEST_CASE("a question mark matches one byte, a slash included") {
  CHECK(matches("/bin/?", "/bin/x"));
  CHECK_FALSE(matches("/bin/?", "/bin/"));
  CHECK_FALSE(matches("/bin/?", "/bin/xy"));
  CHECK(matches("/bin?x", "/bin/x"));
  CHECK_FALSE(matches("/?", "/\xc3\xa9")); // two bytes in UTF-8
}

TEST_CASE("brackets match one byte of a set") {
  CHECK(matches("/[abc]x", "/bx"));
  CHECK_FALSE(matches("/[abc]x", "/dx"));
  CHECK(matches("/python3.[0-9]", "/python3.9"));
  CHECK_FALSE(matches("/python3.[0-9]", "/python3.x"));
  CHECK(matches("/[a-cx-z]", "/y"));
  CHECK_FALSE(matches("/[a-cx-z]", "/d"));
  CHECK(matches("/[a-a]", "/a"));
  CHECK_FALSE(matches("/[abc]", "/"));
  CHECK(matches("/[\x80-\xff]", "/\xe9"));
}

TEST_CASE("brackets are negated by ! and by ^") {
  for (const char* glob : {"/[!a-c]", "/[^a-c]"}) {
    CHECK(matches(glob, "/d"));
    CHECK_FALSE(matches(glob, "/b"));
    CHECK_FALSE(matches(glob, "/"));
  }
  CHECK(matches("/[a!]", "/!"));
  CHECK(matches("/[a^]", "/^"));
}

TEST_CASE("a bracket or a hyphen that comes first, or a hyphen that comes last, is itself") {
  CHECK(matches("/[]]", "/]"));
  CHECK(matches("/[]a]", "/a"));
  CHECK_FALSE(matches("/[!]]", "/]"));
  CHECK(matches("/[!]]", "/x"));
  CHECK(matches("/[-a]", "/-"));
  CHECK(matches("/[a-]", "/-"));
  CHECK(matches("/[[]", "/["));
}

TEST_CASE("a backslash makes the next byte stand for itself") {
  CHECK(matches("/a\\*b", "/a*b"));
  CHECK_FALSE(matches("/a\\*b", "/axb"));
  CHECK(matches("/\\?", "/?"));
  CHECK(matches("/\\[a]", "/[a]"));
  CHECK(matches("/\\\\", "/\\"));
  CHECK(matches("/\\a", "/a"));
  CHECK(matches("/[\\]x]", "/]"));
  CHECK(matches("/[a\\-c]", "/-"));
  CHECK_FALSE(matches("/[a\\-c]", "/b"));
  CHECK(matches("/a\\ ", "/a "));
}

TEST_CASE("spaces and bytes above ASCII are ordinary") {
  CHECK(matches("/opt/my program/\xc3\xa9", "/opt/my program/\xc3\xa9"));
  CHECK_FALSE(matches("/opt/my  program", "/opt/my program"));
}

TEST_CASE("faults, and where they are") {
  CHECK(fault_of("") == Fault{GlobFault::empty, 0});
  CHECK(fault_of("/usr/[ab") == Fault{GlobFault::open_bracket, 5});
  CHECK(fault_of("[") == Fault{GlobFault::open_bracket, 0});
  CHECK(fault_of("a[]") == Fault{GlobFault::open_bracket, 1});
  CHECK(fault_of("a[!]") == Fault{GlobFault::open_bracket, 1});
  CHECK(fault_of("a[b\\]") == Fault{GlobFault::open_bracket, 1});
  CHECK(fault_of("a[b-") == Fault{GlobFault::open_bracket, 1});
  CHECK(fault_of("a[b-\\") == Fault{GlobFault::open_bracket, 1});
  CHECK(fault_of("a[\\") == Fault{GlobFault::open_bracket, 1});
  CHECK(fault_of("[ok]and[not") == Fault{GlobFault::open_bracket, 7});
  CHECK(fault_of("/usr/bin/a\\") == Fault{GlobFault::trailing_backslash, 10});
  CHECK(fault_of("a\\\\\\") == Fault{GlobFault::trailing_backslash, 3});
  CHECK(fault_of("/x[z-a]") == Fault{GlobFault::backward_range, 2});
  CHECK(fault_of("/[[:alpha:]]") == Fault{GlobFault::character_class, 1});
  CHECK(fault_of("/[a[=b=]]") == Fault{GlobFault::character_class, 1});
  CHECK(fault_of("/[[.hyphen.]]") == Fault{GlobFault::character_class, 1});
  CHECK(fault_of("/[a-[.z.]]") == Fault{GlobFault::character_class, 1});
}

TEST_CASE("every fault has a description of its own") {
  CHECK(std::string{describe(GlobFault::none)} == "no fault");
  CHECK(std::string{describe(GlobFault::empty)} == "empty glob");
  CHECK(std::string{describe(GlobFault::open_bracket)} ==
        "'[' without its ']' in a glob (for a plain '[' write '\\[')");
  CHECK(std::string{describe(GlobFault::trailing_backslash)} ==
        "nothing behind the '\\' at the end of a glob (for a plain '\\' write '\\\\')");
  CHECK(std::string{describe(GlobFault::backward_range)} == "range that runs backwards in a glob");
  CHECK(std::string{describe(GlobFault::character_class)} ==
        "character classes such as [:alpha:] are not supported in a glob");
}

TEST_CASE("many stars cost no exponential time") {
  // With a try of every star for every byte this would not end: C(4096, 40) ways.
  std::string glob = "/";
  for (int i = 0; i < 40; ++i)
    glob += "*a";
  glob += "*bc";
  const std::string path = "/" + std::string(4000, 'a') + "c";
  CHECK_FALSE(glob_matches(glob, path));
}
