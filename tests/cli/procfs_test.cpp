// SPDX-License-Identifier: Apache-2.0
// The parsers of what the kernel writes.
#include "catch.hpp"
#include "cli/process/own_preload.hpp"
#include "cli/process/procfs.hpp"
#include "cli/process/smaps.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {
namespace {

constexpr std::string_view kSmaps =
    "555849ac9000-555849af8000 r--p 00000000 fe:10 1234                       /usr/bin/a b [c]\n"
    "Size:                188 kB\n"
    "FilePmdMapped:         0 kB\n"
    "VmFlags: rd mr mw me sd sl \n"
    "555849af8000-555849bb9000 rw-s 0002f000 00:1a 18446744073709551615\n"
    "VmFlags: rd wr sh slx xsl\n"
    "7ffe8c42d000-7ffe8c44e000 ---p 00000000 00:00 0 \n"
    "VmFlags: sl\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
    "VmFlags: ex \n";

std::vector<Mapping> parse(std::string_view text, std::size_t chunk, bool& complete) {
  SmapsParser parser;
  for (std::size_t at = 0; at < text.size(); at += chunk)
    parser.feed(text.substr(at, chunk));
  complete = parser.complete();
  return parser.take();
}

} // namespace

TEST_CASE("smaps is read whatever pieces it comes in") {
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{80}, kSmaps.size()}) {
    bool complete = false;
    const std::vector<Mapping> mappings = parse(kSmaps, chunk, complete);
    REQUIRE(complete);
    REQUIRE(mappings.size() == 4);

    CHECK(mappings[0].range == Range{0x555849ac9000, 0x555849af8000});
    CHECK(mappings[0].permissions == std::array{'r', '-', '-', 'p'});
    CHECK(mappings[0].file == FileId{(std::uint64_t{0xfe} << 32U) | 0x10, 1234});
    CHECK(mappings[0].name == "/usr/bin/a b [c]");
    CHECK(mappings[0].sealed);
    CHECK(mappings[0].is_private());

    CHECK(mappings[1].offset == 0x2f000);
    CHECK(mappings[1].file.inode == UINT64_MAX);
    CHECK(mappings[1].name.empty());
    CHECK_FALSE(mappings[1].sealed);
    CHECK_FALSE(mappings[1].is_private());

    CHECK(mappings[2].anonymous());
    CHECK_FALSE(mappings[2].accessible());
    CHECK(mappings[2].sealed);

    CHECK(mappings[3].range.end == 0xffffffffff601000);
    CHECK(mappings[3].name == "[vsyscall]");
    CHECK(mappings[3].executable());
    CHECK_FALSE(mappings[3].sealed);
  }
}

TEST_CASE("a newline in a file's name is read back") {
  bool complete = false;
  const std::vector<Mapping> mappings =
      parse("1000-2000 r--p 00000000 00:01 5      /a\\012b\\012\\x\nVmFlags: rd\n", 64, complete);
  REQUIRE(complete);
  REQUIRE(mappings.size() == 1);
  CHECK(mappings[0].name == "/a\nb\n\\x");
}

TEST_CASE("maps has the mappings that smaps has") {
  const std::vector<Mapping> mappings = parse_maps(
      "1000-2000 r-xp 00003000 fe:10 12   /lib/a\nno mapping\n2000-3000 rw-p 00000000 00:00 0");
  REQUIRE(mappings.size() == 2);
  CHECK(mappings[0].name == "/lib/a");
  CHECK(mappings[0].file.inode == 12);
  CHECK(mappings[1].range == Range{0x2000, 0x3000});
}

TEST_CASE("mappings are compared where that is asked for, and in all that tells them apart") {
  const auto alike = [](std::string_view before, std::string_view now) {
    constexpr Range kRanges[] = {{0x1000, 0x2000}, {0x5000, 0x5001}};
    const std::string stays = "1000-2000 r-xp 00000000 fe:10 12 /lib/a\n";
    return are_alike_at(kRanges, parse_maps(stays + std::string{before}),
                        parse_maps(stays + std::string{now}));
  };
  constexpr std::string_view kHere = "5000-6000 r--p 00003000 fe:10 13 /lib/b\n";
  CHECK(alike("", ""));
  CHECK(alike(kHere, kHere));
  CHECK(alike("3000-4000 rw-p 00000000 00:00 0\n", "3000-5000 rw-p 00000000 00:00 0\n"));
  CHECK_FALSE(alike(kHere, ""));
  CHECK_FALSE(alike("", kHere));
  CHECK_FALSE(alike(kHere, "5000-7000 r--p 00003000 fe:10 13 /lib/b\n"));
  CHECK_FALSE(alike(kHere, "5000-6000 rw-p 00003000 fe:10 13 /lib/b\n"));
  CHECK_FALSE(alike(kHere, "5000-6000 r--p 00004000 fe:10 13 /lib/b\n"));
  CHECK_FALSE(alike(kHere, "5000-6000 r--p 00003000 fe:10 14 /lib/b\n"));
  CHECK_FALSE(alike(kHere, "5000-6000 r--p 00003000 fe:10 13 /lib/b (deleted)\n"));
}

TEST_CASE("smaps that stops short is noticed") {
  for (const std::string_view text :
       {"1000-2000 r--p 00000000 00:01 5 /a\nSize: 4 kB\n", "1000-2000 r--p 000",
        "1000-2000 r--p 00000000 00:01 5 /a\n3000-4000 r--p 00000000 00:01 5 /a\nVmFlags: rd\n",
        "1000 2000 r--p 00000000 00:01 5 /a\nVmFlags: rd\n",
        "1000-2000 r--p 00000000 00:01 x /a\nVmFlags: rd\n", "1000-2000 r-\nVmFlags: rd\n"}) {
    bool complete = true;
    (void)parse(text, 16, complete);
    CHECK_FALSE(complete);
  }
}

TEST_CASE("a process's state is found behind any name") {
  const ProcessState plain = parse_stat("12 (cat) S 1 12 12 0 -1 4194304 90 0 0 0\n");
  CHECK(plain.letter == 'S');
  CHECK_FALSE(plain.kernel_thread);
  const ProcessState odd = parse_stat("12 (a) Z 1 (b) Z 1 12 12 0 -1 4194304 90 0 0 0\n");
  CHECK(odd.letter == 'Z');
  CHECK_FALSE(odd.kernel_thread);
  CHECK_FALSE(plain.ending);
  CHECK(parse_stat("12 (cat) R 1 12 12 0 -1 4194308 90 0 0 0\n").ending);
  CHECK(parse_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0\n").kernel_thread);
  const ProcessState timed =
      parse_stat("12 (cat) S 1 12 12 0 -1 4194304 90 0 0 0 17 25 0 0 20 0 1 0 4711 2 3 4\n");
  CHECK((timed.time == 42 && timed.start == 4711));
  CHECK(parse_stat("12 (cat").letter == '?');
  CHECK(parse_stat("12 (cat) S").letter == 'S');
}

TEST_CASE("A list of a unit's own is what is mounted at the system's place") {
  CHECK(has_own_preload("1 2 8:1 / / rw - ext4 /dev/a rw\n"
                        "3 1 8:1 /x /etc/ld.so.preload ro,nosuid shared:1 - ext4 /dev/a rw\n"));
  for (const std::string_view none :
       {"", "\n", "1 2 8:1 /", "1 2 8:1 /etc/ld.so.preload /srv/etc/ld.so.preload rw - ext4 a rw\n",
        "1 2 8:1 /x /etc/ld.so.preload.new rw - ext4 a rw\n", "a b c d"})
    CHECK_FALSE(has_own_preload(none));
}

TEST_CASE("A unit's text says whether it is to have one") {
  CHECK(wants_own_preload("[Service]\nBindReadOnlyPaths=/a:/etc/ld.so.preload\n"));
  CHECK_FALSE(wants_own_preload("[Service]\nBindReadOnlyPaths=/etc/ld.so.preload:/a\n"));
  CHECK_FALSE(wants_own_preload("# BindReadOnlyPaths=/a:/etc/ld.so.preload\n"));
}

} // namespace sealwax::cli
