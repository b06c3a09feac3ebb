// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/object/plan.hpp"
#include "shim/seal/object/object_layout.hpp"
#include "shim/seal/object/scanned_object.hpp"

#include <sstream>
#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

constexpr std::size_t kPage = 4096;
constexpr PageSize kPageSize{kPage};

/// A library as linkers make them: rodata, text, a gap of a page, RELRO and data. Its program
/// headers are all that there is of it.
class MadeLibrary {
public:
  MadeLibrary() {
    add(PT_LOAD, PF_R, 0, 1);
    add(PT_LOAD, PF_R | PF_X, 1, 2);
    add(PT_LOAD, PF_R | PF_W, 4, 3);
    add(PT_GNU_RELRO, PF_R, 4, 1);
  }
  void add(std::uint32_t type, std::uint32_t flags, std::size_t first, std::size_t pages) {
    Elf64_Phdr header = {};
    header.p_type = type;
    header.p_flags = flags;
    header.p_vaddr = first * kPage;
    header.p_memsz = header.p_filesz = pages * kPage;
    headers.push_back(header);
  }
  [[nodiscard]] ScannedObject scanned(const Settings& settings, bool moves_text = false) const {
    const LoadedObject object{kBias, {headers.data(), headers.size()}, "libmade.so", 0};
    return {object, settings, layout_of(object, kPageSize), moves_text};
  }
  static constexpr Address kBias = 0x100000;
  std::vector<Elf64_Phdr> headers;
};

Settings sealing(RegionSet regions, RelroPlace relro = RelroPlace::private_memory) {
  Settings settings;
  settings.seal = regions;
  settings.relro = relro;
  return settings;
}

/// In pages from the library's begin.
std::string pages(PageRange range) {
  std::ostringstream text;
  text << (range.begin() - MadeLibrary::kBias) / kPage << '-'
       << (range.end() - MadeLibrary::kBias) / kPage << ' ';
  return text.str();
}

/// What the sealer is asked to seal.
std::string sealed(const ScannedObject& scanned) {
  const SealRequest request = request_for(scanned);
  std::string text;
  for_each_run(request.pieces, request.regions, [&](PageRange run) { text += pages(run); });
  for_each_of(request.pieces, request.regions, Region::gaps,
              [&](PageRange gap) { text += "gap " + pages(gap); });
  return text;
}

std::string moved(const ScannedObject& scanned) {
  const SealRequest request = request_for(scanned);
  std::string text;
  for (const Piece& piece : request.pieces)
    if (request.moves(piece.region))
      text += pages(piece.range);
  return text;
}

} // namespace

TEST_CASE("what is asked for are the regions of the policy, neighbours at once") {
  const MadeLibrary library;
  const RegionSet usual =
      RegionSet{}.with({Region::text, Region::rodata, Region::relro, Region::gaps});
  const ScannedObject scanned = library.scanned(sealing(usual));
  const SealRequest request = request_for(scanned);
  CHECK(sealed(scanned) == "0-3 4-5 gap 3-4 ");
  CHECK(sealed(library.scanned(sealing(RegionSet{}.with({Region::text})))) == "1-3 ");
  CHECK(sealed(library.scanned(sealing({}))).empty());
  CHECK(request.name == "libmade.so");
  CHECK(request.bias == MadeLibrary::kBias);
  CHECK(request.complete);
}

TEST_CASE("RELRO is moved where the policy has it in private memory and sealed") {
  const MadeLibrary library;
  const RegionSet relro = RegionSet{}.with({Region::relro});
  CHECK(moved(library.scanned(sealing(relro))) == "4-5 ");
  CHECK(moved(library.scanned(sealing(relro, RelroPlace::in_place))).empty());
  CHECK(moved(library.scanned(sealing(RegionSet{}.with({Region::text})))).empty());
}

TEST_CASE("text, rodata and gaps are moved together") {
  const MadeLibrary library;
  const RegionSet all = RegionSet{}.with({Region::text, Region::rodata, Region::gaps});
  CHECK(moved(library.scanned(sealing(all), true)) == "0-1 1-3 3-4 ");
  CHECK(moved(library.scanned(sealing(all), false)).empty());
}

TEST_CASE("text that is longer in memory than in the file is not the file's") {
  MadeLibrary library;
  const RegionSet text = RegionSet{}.with({Region::text});
  const ScannedObject whole = library.scanned(sealing(text), true);
  CHECK(request_for(whole).text_is_the_files);
  library.headers[1].p_filesz -= 1;
  const ScannedObject longer = library.scanned(sealing(text), true);
  CHECK_FALSE(request_for(longer).text_is_the_files);
}

TEST_CASE("headers that make no sense ask for nothing, and say so") {
  MadeLibrary library;
  library.headers[2].p_vaddr = 0; // not ascending
  const ScannedObject scanned =
      library.scanned(sealing(RegionSet{}.with({Region::text, Region::relro})));
  CHECK(sealed(scanned).empty());
  CHECK(moved(scanned).empty());
  CHECK_FALSE(request_for(scanned).complete);
}

TEST_CASE("of a sealed library that is closed the sealed pages stay, the others are given back") {
  const MadeLibrary library;
  const RegionSet usual =
      RegionSet{}.with({Region::text, Region::rodata, Region::relro, Region::gaps});
  LateObject late;
  foresee_remains(late, library.scanned(sealing(usual)));
  CHECK(late.mappings == 4);
  CHECK(late.kept_bytes == 5 * kPage);
  CHECK(late.private_bytes == kPage);
  REQUIRE(late.rests == 1);
  CHECK(pages(late.rest[0]) == "5-7 ");
}

TEST_CASE("what is moved to private memory counts as that, gaps have no bytes") {
  const MadeLibrary library;
  const RegionSet usual =
      RegionSet{}.with({Region::text, Region::rodata, Region::relro, Region::gaps});
  LateObject late;
  foresee_remains(late, library.scanned(sealing(usual), true));
  CHECK(late.private_bytes == 4 * kPage);
}

TEST_CASE("a gap that is not sealed is never unmapped: anybody may be there") {
  const MadeLibrary library;
  LateObject late;
  foresee_remains(late, library.scanned(sealing(RegionSet{}.with({Region::text}))));
  std::string rests;
  for (std::size_t i = 0; i < late.rests; ++i)
    rests += pages(late.rest[i]);
  CHECK(rests == "0-1 4-5 5-7 ");
}
