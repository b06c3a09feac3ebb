// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "headers.hpp"

#include <random>
#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::test;

namespace {

/// As GNU ld lays out a position-independent executable.
const std::vector<Elf64_Phdr> kPie = {
    header(PT_PHDR, kR, 0x40, 0x2d8), load(kR, 0, 0x1230),
    load(kRX, 0x2000, 0x5a11),        load(kR, 0x8000, 0x1f44),
    load(kRW, 0xacf0, 0x1000),        header(PT_DYNAMIC, kRW, 0xada8, 0x1f0),
    header(PT_GNU_STACK, kRW, 0, 0),  header(PT_GNU_RELRO, kR, 0xacf0, 0x310),
};

std::string random_case(std::mt19937& random);

} // namespace

TEST_CASE("a position-independent executable moves with its bias") {
  const LaidOut out = lay(kPie, 0x555555554000);
  REQUIRE(out.error == LayoutError::none);
  CHECK(text_of_pieces(out.layout.pieces) ==
        "rodata 555555554000-555555556000, text 555555556000-55555555c000, "
        "rodata 55555555c000-55555555e000, relro 55555555e000-55555555f000, "
        "data 55555555f000-555555560000");
  CHECK(text(out.layout.span) == "555555554000-555555560000");
  CHECK(text(out.layout.relro) == "55555555e000-55555555f000");
  CHECK(text(out.layout.dynamic) == "55555555eda8-55555555ef98");
  CHECK(out.layout.complete);
}

TEST_CASE("an executable at a fixed address has bias 0") {
  CHECK(pieces({load(kR, 0x400000, 0x4f0), load(kRX, 0x401000, 0x200), load(kR, 0x402000, 0x100),
                load(kRW, 0x403df8, 0x238), header(PT_GNU_RELRO, kR, 0x403df8, 0x208)}) ==
        "rodata 400000-401000, text 401000-402000, rodata 402000-403000, relro 403000-404000, "
        "data 404000-405000");
}

TEST_CASE("an object below its link address has a bias that wraps") {
  CHECK(pieces({load(kRX, 0x400000, 0x1000)}, Address{0} - 0x300000) == "text 100000-101000");
}

TEST_CASE("what lies between two segments is a gap") {
  CHECK(pieces({load(kR, 0, 0x1000), load(kRX, 0x200000, 0x1000), load(kRW, 0x400000, 0x10)}) ==
        "rodata 0-1000, gaps 1000-200000, text 200000-201000, gaps 201000-400000, "
        "data 400000-401000");
}

TEST_CASE("a segment without permissions is a gap, and touches the gaps beside it") {
  CHECK(pieces({load(kRX, 0, 0x1000), load(0, 0x1000, 0x2000), load(kRW, 0x5000, 0x1000)}) ==
        "text 0-1000, gaps 1000-3000, gaps 3000-5000, data 5000-6000");
}

TEST_CASE("segments with room for larger pages have gaps on smaller ones") {
  const std::vector<Elf64_Phdr> headers = {load(kRX, 0, 0x8f0), load(kRW, 0x1fdb8, 0x260),
                                           header(PT_GNU_RELRO, kR, 0x1fdb8, 0x248)};
  CHECK(pieces(headers) == "text 0-1000, gaps 1000-1f000, relro 1f000-20000, data 20000-21000");
  // With pages of 64 KiB, RELRO ends on a boundary that the loader can protect up to.
  CHECK(pieces(headers, 0, 0x10000) == "text 0-10000, relro 10000-20000, data 20000-30000");
}

TEST_CASE("relro that is not page-aligned is rounded down at both ends") {
  const Elf64_Phdr data = load(kRW, 0x3d00, 0x2800);
  CHECK(pieces({data, header(PT_GNU_RELRO, kR, 0x3d00, 0x1400)}) ==
        "relro 3000-5000, data 5000-7000");
  CHECK(pieces({data, header(PT_GNU_RELRO, kR, 0x3d00, 0x12ff)}) ==
        "relro 3000-4000, data 4000-7000");
  CHECK(pieces({data, header(PT_GNU_RELRO, kR, 0x3d00, 0x200)}) == "data 3000-7000");
  CHECK(lay({data, header(PT_GNU_RELRO, kR, 0x3d00, 0x200)}).layout.relro.empty());
  CHECK(pieces({data, header(PT_GNU_RELRO, kR, 0x4100, 0x1f00)}) ==
        "data 3000-4000, relro 4000-6000, data 6000-7000");
}

TEST_CASE("relro changes what is data only, and ends with the object") {
  CHECK(pieces({load(kR, 0, 0x1000), load(kRX, 0x1000, 0x1000), load(kRW, 0x3000, 0x1000),
                header(PT_GNU_RELRO, kR, 0, 0x9000)}) ==
        "rodata 0-1000, text 1000-2000, gaps 2000-3000, relro 3000-4000");
  CHECK(text(lay({load(kRW, 0x3000, 0x1000), header(PT_GNU_RELRO, kR, 0, 0x9000)}).layout.relro) ==
        "3000-4000");
}

TEST_CASE("of two relro segments the loader protects the last") {
  const LaidOut out = lay({load(kRW, 0x1000, 0x5000), header(PT_GNU_RELRO, kR, 0x1000, 0x1000),
                           header(PT_GNU_RELRO, kR, 0x3000, 0x1000)});
  CHECK(text_of_pieces(out.layout.pieces) == "data 1000-3000, relro 3000-4000, data 4000-6000");
  CHECK(text(out.layout.relro) == "3000-4000");
}

TEST_CASE("a segment both writable and executable is data") {
  CHECK(pieces({load(kRWX, 0x1000, 0x1000)}) == "data 1000-2000");
  CHECK(pieces({load(PF_W, 0x1000, 0x1000)}) == "data 1000-2000");
  CHECK(pieces({load(PF_X, 0x1000, 0x1000)}) == "text 1000-2000");
}

TEST_CASE("a page that two segments share belongs to the later one") {
  CHECK(pieces({load(kRX, 0x1000, 0x1800), load(kRW, 0x2900, 0x100)}) ==
        "text 1000-2000, data 2000-3000");
  CHECK(pieces({load(kRX, 0x1000, 0x3000), load(kRW, 0x2000, 0x2000)}) ==
        "text 1000-2000, data 2000-4000");
}

TEST_CASE("a segment of which every page is shared leaves nothing behind") {
  CHECK(pieces({load(kR, 0x1000, 0x100), load(kRX, 0x1200, 0x100)}) == "text 1000-2000");
  CHECK(pieces({load(kR, 0x1000, 0x100), load(kRX, 0x1200, 0x100), load(kRW, 0x1400, 0x100)}) ==
        "data 1000-2000");
  CHECK(pieces({load(kR, 0, 0x1000), load(kR, 0x1000, 0x100), load(kRX, 0x1200, 0x100),
                load(kRW, 0x1400, 0x1000)}) == "rodata 0-1000, data 1000-3000");
}

TEST_CASE("segments out of order, or one inside another, are an error") {
  const char* const error = "loadable segments overlap or are out of order";
  CHECK(pieces({load(kRX, 0x2000, 0x1000), load(kRW, 0x1000, 0x1000)}) == error);
  CHECK(pieces({load(kRX, 0x1000, 0x5000), load(kRW, 0x2000, 0x1000)}) == error);
  CHECK(pieces({load(kRX, 0x1000, 0x2000), load(kRW, 0x3000, 0x1000), load(kR, 0x2000, 0x3000)}) ==
        error);
}

TEST_CASE("addresses that do not fit into a word are an error") {
  const char* const error = "a segment reaches past the end of the address space";
  CHECK(pieces({load(kRX, 0x1000, UINT64_MAX)}) == error);
  CHECK(pieces({load(kRX, 0x1000, 0x1000)}, Address{0} - 0x2000) == error);
  CHECK(pieces({load(kRX, 0x1000, 0x1000), header(PT_GNU_RELRO, kR, 0x1000, UINT64_MAX)}) == error);
  CHECK(pieces({load(kRX, 0x1000, 0x1000), header(PT_DYNAMIC, kR, UINT64_MAX, 2)}) == error);
  CHECK(pieces({load(kRX, 0x1000, 0x1000), header(kPtGnuMutable, kR, UINT64_MAX, 2)}) == error);
}

TEST_CASE("other headers' addresses do not matter") {
  CHECK(pieces({load(kRX, 0x1000, 0x1000), header(PT_NOTE, kR, UINT64_MAX, 2)}) ==
        "text 1000-2000");
}

TEST_CASE("an object without a segment in memory is an error") {
  CHECK(pieces({}) == "no loadable segment");
  CHECK(pieces({header(PT_GNU_RELRO, kR, 0x1000, 0x1000)}) == "no loadable segment");
  CHECK(pieces({load(kRX, 0x1000, 0)}) == "no loadable segment");
}

TEST_CASE("an empty segment between others is none") {
  CHECK(pieces({load(kRX, 0x1000, 0x1000), load(kRW, 0x900000, 0), load(kR, 0x2000, 0x1000)}) ==
        "text 1000-2000, rodata 2000-3000");
}

TEST_CASE("of several dynamic sections the last counts that has bytes in the file") {
  Elf64_Phdr empty = header(PT_DYNAMIC, kRW, 0x1e00, 0x100);
  empty.p_filesz = 0;
  CHECK(text(lay({load(kRW, 0x1000, 0x1000), header(PT_DYNAMIC, kRW, 0x1100, 0x100),
                  header(PT_DYNAMIC, kRW, 0x1200, 0x100), empty})
                 .layout.dynamic) == "1200-1300");
}

TEST_CASE("a dynamic section is given as far as it lies in the object") {
  const std::vector<Elf64_Phdr> headers = {load(kRW, 0x1000, 0x1000),
                                           header(PT_DYNAMIC, kRW, 0x1f00, 0x200)};
  CHECK(text(lay(headers).layout.dynamic) == "1f00-2000");
  CHECK(lay({load(kRW, 0x1000, 0x1000)}).layout.dynamic.empty());
  CHECK(
      lay({load(kRW, 0x1000, 0x1000), header(PT_DYNAMIC, kRW, 0x9000, 8)}).layout.dynamic.empty());
}

TEST_CASE("mutable segments are cut out of data, rounded outwards") {
  for (const std::uint32_t type : {kPtGnuMutable, kPtOpenbsdMutable}) {
    const auto with_mutable = [type](std::uint64_t address, std::uint64_t size) {
      return pieces({load(kRX, 0x1000, 0x2000), load(kRW, 0x3000, 0x4000),
                     header(PT_GNU_RELRO, kR, 0x3000, 0x1000), header(type, kRW, address, size)});
    };
    const std::string whole = "text 1000-3000, relro 3000-4000, data 4000-7000";
    CHECK(with_mutable(0x9000, 0x1000) == whole);
    CHECK(with_mutable(0x5000, 0) == whole);
    CHECK(with_mutable(0x4000, 0x1000) == "text 1000-3000, relro 3000-4000, data 5000-7000");
    CHECK(with_mutable(0x5000, 0x1000) ==
          "text 1000-3000, relro 3000-4000, data 4000-5000, data 6000-7000");
    CHECK(with_mutable(0x6000, 0x1000) == "text 1000-3000, relro 3000-4000, data 4000-6000");
    CHECK(with_mutable(0x5fff, 1) ==
          "text 1000-3000, relro 3000-4000, data 4000-5000, data 6000-7000");
    CHECK(with_mutable(0x5fff, 2) == "text 1000-3000, relro 3000-4000, data 4000-5000");
    CHECK(with_mutable(0x3800, 0x100) == whole);
    CHECK(with_mutable(0x1000, 0x100) == whole);
    CHECK(with_mutable(0x2fff, 0x1002) == "text 1000-3000, relro 3000-4000, data 5000-7000");
    CHECK(with_mutable(0x1000, 0x6000) == "text 1000-3000, relro 3000-4000");
    CHECK(with_mutable(0, 0x100000) == "text 1000-3000, relro 3000-4000");
  }
}

TEST_CASE("where the mutable and relro segments stand in the headers does not matter") {
  const Elf64_Phdr data = load(kRW, 0x1000, 0x6000);
  const Elf64_Phdr relro = header(PT_GNU_RELRO, kR, 0x1000, 0x4000);
  const Elf64_Phdr first = header(kPtGnuMutable, kRW, 0x2000, 0x1000);
  const Elf64_Phdr second = header(kPtOpenbsdMutable, kRW, 0x6000, 0x1000);
  const std::string expected = "relro 1000-5000, data 5000-6000";
  CHECK(pieces({data, relro, first, second}) == expected);
  CHECK(pieces({first, second, relro, data}) == expected);
  CHECK(pieces({second, data, first, relro}) == expected);
}

TEST_CASE("more pieces than fit: those that do are right, and the layout says so") {
  std::vector<Elf64_Phdr> headers;
  for (std::uint64_t i = 0; i < ObjectLayout::kMaxPieces; ++i)
    headers.push_back(load(kRX, i * 0x2000, 0x1000));
  const LaidOut out = lay(headers);
  REQUIRE(out.error == LayoutError::none);
  CHECK_FALSE(out.layout.complete);
  REQUIRE(out.layout.pieces.size() == ObjectLayout::kMaxPieces);
  for (std::size_t i = 0; i < out.layout.pieces.size(); ++i)
    CHECK(text_of_pieces(std::vector{out.layout.pieces[i]}) ==
          (i % 2 == 0 ? "text " : "gaps ") + text({i * 0x1000, (i + 1) * 0x1000}));
}

TEST_CASE("as many pieces as fit are complete") {
  std::vector<Elf64_Phdr> headers;
  for (std::uint64_t i = 0; i < ObjectLayout::kMaxPieces; ++i)
    headers.push_back(load(i % 2 == 0 ? kRX : kRW, i * 0x1000, 0x1000));
  CHECK(lay(headers).layout.complete);
  headers.push_back(header(PT_GNU_RELRO, kR, 0x1000, 0x1000));
  CHECK(lay(headers).layout.complete);
  headers.push_back(load(kRX, ObjectLayout::kMaxPieces * 0x1000, 0x1000));
  CHECK_FALSE(lay(headers).layout.complete);
}

TEST_CASE("a mutable segment that splits more pieces than fit leaves its own pages out") {
  std::vector<Elf64_Phdr> headers;
  for (std::uint64_t i = 0; i < ObjectLayout::kMaxPieces; ++i)
    headers.push_back(load(i % 2 == 0 ? kRX : kRW, i * 0x3000, 0x3000));
  headers.push_back(header(kPtGnuMutable, kRW, 0x4000, 0x1000));
  const LaidOut out = lay(headers);
  CHECK_FALSE(out.layout.complete);
  for (const Piece& piece : out.layout.pieces)
    CHECK_FALSE(static_cast<Range>(piece.range).overlaps({0x4000, 0x5000}));
}

TEST_CASE("a layout is filled afresh") {
  ObjectLayout layout;
  std::vector<Elf64_Phdr> many;
  for (std::uint64_t i = 0; i < 99; ++i)
    many.push_back(load(kRX, i * 0x2000, 0x1000));
  (void)lay_out(0, {many.data(), many.size()}, PageSize{0x1000}, layout);
  const std::vector<Elf64_Phdr> one = {load(kRX, 0x1000, 0x1000)};
  REQUIRE(lay_out(0, {one.data(), one.size()}, PageSize{0x1000}, layout) == LayoutError::none);
  CHECK(text_of_pieces(layout.pieces) == "text 1000-2000");
  CHECK(text(layout.span) == "1000-2000");
  CHECK(layout.complete);
}

TEST_CASE("any headers give what a look at each page gives") {
  std::mt19937 random{20240607};
  for (int i = 0; i < 20000; ++i) {
    if (const std::string difference = random_case(random); !difference.empty())
      FAIL(difference);
  }
}

namespace {

/// The region of one page by the rules as the loader lives them: the last segment that maps it
/// wins, the last RELRO header protects whole pages of data, mutable segments open every page
/// of other data that they touch. Empty: none.
std::string region_by_rule(const std::vector<Elf64_Phdr>& headers, Address page) {
  std::string region = "gaps";
  const Elf64_Phdr* relro = nullptr;
  for (const Elf64_Phdr& header : headers) {
    const Address end = header.p_vaddr + header.p_memsz;
    if (header.p_type == PT_GNU_RELRO)
      relro = &header;
    if (header.p_type != PT_LOAD || header.p_memsz == 0 || header.p_vaddr >= page + 0x1000 ||
        end <= page)
      continue;
    const bool writes = (header.p_flags & PF_W) != 0;
    const bool executes = (header.p_flags & PF_X) != 0;
    region = writes ? "data" : executes ? "text" : header.p_flags != 0 ? "rodata" : "gaps";
  }
  if (region == "data" && relro != nullptr && page >= (relro->p_vaddr & ~Address{0xfff}) &&
      page + 0x1000 <= ((relro->p_vaddr + relro->p_memsz) & ~Address{0xfff}))
    region = "relro";
  for (const Elf64_Phdr& header : headers)
    if (region == "data" && header.p_type == kPtGnuMutable && header.p_memsz != 0 &&
        header.p_vaddr < page + 0x1000 && header.p_vaddr + header.p_memsz > page)
      return "";
  return region;
}

std::vector<Elf64_Phdr> random_headers(std::mt19937& random) {
  const auto up_to = [&random](std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>{0, limit}(random);
  };
  std::vector<Elf64_Phdr> headers;
  std::uint64_t at = up_to(0x3000);
  for (std::uint64_t segments = 1 + up_to(5); segments > 0; --segments) {
    const std::uint64_t size = 1 + up_to(0x3000);
    headers.push_back(load(static_cast<std::uint32_t>(up_to(7)), at, size));
    at += size + up_to(2) * up_to(0x2000);
  }
  for (std::uint64_t marks = up_to(3); marks > 0; --marks)
    headers.insert(
        headers.begin() + static_cast<std::ptrdiff_t>(up_to(headers.size())),
        header(up_to(1) != 0 ? PT_GNU_RELRO : kPtGnuMutable, kR, up_to(at), up_to(0x3000)));
  return headers;
}

/// What is wrong with the layout of random headers, in words; empty where nothing is.
std::string random_case(std::mt19937& random) {
  const std::vector<Elf64_Phdr> headers = random_headers(random);
  const LaidOut out = lay(headers);
  if (out.error != LayoutError::none)
    return describe(out.error);
  Address last_end = 0;
  for (const Piece& piece : out.layout.pieces) {
    if (piece.range.empty() || piece.range.begin() < last_end)
      return "empty or overlapping: " + text_of_pieces(out.layout.pieces);
    last_end = piece.range.end();
  }
  for (Address page = out.layout.span.begin(); page < out.layout.span.end(); page += 0x1000) {
    std::string found;
    for (const Piece& piece : out.layout.pieces)
      if (static_cast<Range>(piece.range).contains(page))
        found = region_name(piece.region);
    if (const std::string expected = region_by_rule(headers, page); found != expected)
      return std::string{"page "}
          .append(text({page, page + 0x1000}))
          .append(" is '" + found)
          .append("', expected '" + expected)
          .append("' in " + text_of_pieces(out.layout.pieces));
  }
  return "";
}

} // namespace
