// SPDX-License-Identifier: Apache-2.0
// From program headers to regions: what an object's mappings are for.
#pragma once

#include "model/range.hpp"
#include "model/region.hpp"
#include "model/slice.hpp"

#include <cstddef>
#include <cstdint>
#include <elf.h>

namespace sealwax {

/// Segment types by which an object marks data that must stay changeable under `seal = data`.
/// The first is in the number range of PT_GNU_*, the second is OpenBSD's.
inline constexpr std::uint32_t kPtGnuMutable = 0x6474f555;
inline constexpr std::uint32_t kPtOpenbsdMutable = 0x65a3dbe5;
[[nodiscard]] constexpr bool is_mutable_mark(const Elf64_Phdr& header) {
  return header.p_type == kPtGnuMutable || header.p_type == kPtOpenbsdMutable;
}

/// A stretch of an object that is all one region.
struct Piece {
  PageRange range;
  Region region = Region::rodata;
  constexpr bool operator==(const Piece&) const = default;
};

/// An object as the policy sees it. Pieces ascend and do not overlap; what lies between two of
/// them and is in none is data that is marked as mutable.
struct ObjectLayout {
  static constexpr std::size_t kMaxPieces = 32; // chromium's 10 segments make 21

  FixedVector<Piece, kMaxPieces> pieces;
  PageRange span;       ///< from the first segment's first page to the last one's end
  PageRange relro;      ///< empty where the object has none
  Range dynamic;        ///< PT_DYNAMIC in memory, empty where there is none
  bool complete = true; ///< false: more segments than fit, the rest is not in `pieces`

  [[nodiscard]] Slice<const Piece> all() const { return {pieces.begin(), pieces.size()}; }
};

enum class LayoutError : std::uint8_t {
  none,
  no_segments,   ///< no PT_LOAD with memory behind it
  not_ascending, ///< PT_LOADs out of order or overlapping (gABI: they ascend on p_vaddr)
  overflow,      ///< an address computed from the headers does not fit into a word
};

[[nodiscard]] const char* describe(LayoutError error);

/// Lays an object out from its program headers. `bias` is the difference between the addresses in
/// memory and those in the headers (dlpi_addr). The pages of `open` are in no piece, as far as they
/// are data (see open_ranges.hpp). Pure; no allocation; async-signal-safe.
/// Source: gABI, chapter 5, Program Header; glibc elf/dl-load.c for the rounding.
[[nodiscard]] LayoutError lay_out(Address bias, Slice<const Elf64_Phdr> headers, PageSize page,
                                  ObjectLayout& layout, Slice<const Range> open = {});

} // namespace sealwax
