// SPDX-License-Identifier: Apache-2.0
// A world of six places, and every way in which segments can lie in it; pages as bits.
#pragma once

#include "headers.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sealwax::test {

inline constexpr std::size_t kPlaces = 6;
inline constexpr std::size_t kMostSegments = 4;
inline constexpr std::size_t kSmallPage = 0x1000;

/// Where the borders of six places lie in an object. The places are pages, halves of pages, or such
/// thirds as have their borders right beside a page's.
struct Grid {
  const char* name;
  std::array<Address, kPlaces + 1> border;
  Address bias; ///< of the object, which may wrap
};
inline constexpr Grid kGrids[] = {
    {"pages", {0x400000, 0x401000, 0x402000, 0x403000, 0x404000, 0x405000, 0x406000}, 0},
    {"halves", {0, 0x800, 0x1000, 0x1800, 0x2000, 0x2800, 0x3000}, 0x7f0000000000},
    {"thirds",
     {0x400000, 0x400001, 0x400fff, 0x401000, 0x401001, 0x401fff, 0x402000},
     Address{0} - 0x300000},
};

/// The places from `begin` to before `end`.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Every stretch of places, and first one of none.
inline std::vector<Stretch> every_stretch() {
  std::vector<Stretch> all{{}};
  for (std::size_t begin = 0; begin < kPlaces; ++begin)
    for (std::size_t end = begin + 1; end <= kPlaces; ++end)
      all.push_back({begin, end});
  return all;
}

struct Segment {
  Stretch places;
  std::uint32_t flags = 0;
};
using Segments = std::vector<Segment>;

/// Calls `visit(const Segments&)` with every list of one to kMostSegments segments that ascend and
/// do not overlap, each with each of `kinds` as its flags.
template <typename Visit>
void for_each_object(const std::vector<std::uint32_t>& kinds, const Visit& visit,
                     Segments&& begun = {}) {
  const std::size_t from = begun.empty() ? 0 : begun.back().places.end;
  for (std::size_t begin = from; begin < kPlaces; ++begin)
    for (std::size_t end = begin + 1; end <= kPlaces; ++end)
      for (const std::uint32_t flags : kinds) {
        begun.push_back({{begin, end}, flags});
        visit(static_cast<const Segments&>(begun));
        if (begun.size() < kMostSegments)
          for_each_object(kinds, visit, std::move(begun));
        begun.pop_back();
      }
}

/// A set of a grid's pages, the first of which is the lowest bit.
using Bits = std::uint32_t;

class GridPages {
public:
  explicit GridPages(const Grid& grid) : grid_(grid) {}

  [[nodiscard]] Range memory(Stretch places) const {
    return {grid_.bias + grid_.border[places.begin], grid_.bias + grid_.border[places.end]};
  }
  /// Those of which any byte is in `places`.
  [[nodiscard]] Bits touched(Stretch places) const {
    if (places.begin == places.end)
      return 0;
    return between(page(grid_.border[places.begin]), page(grid_.border[places.end] - 1) + 1);
  }
  /// With both ends rounded down.
  [[nodiscard]] Bits rounded_down(Stretch places) const {
    return between(page(grid_.border[places.begin]), page(grid_.border[places.end]));
  }
  /// Those of a range in memory that begins and ends with a page.
  [[nodiscard]] Bits of(Range range) const {
    return range.empty() ? 0
                         : between(page(range.begin - grid_.bias), page(range.end - grid_.bias));
  }

private:
  [[nodiscard]] std::size_t page(Address in_object) const {
    return (in_object - grid_.border[0]) / kSmallPage;
  }
  static Bits between(std::size_t begin, std::size_t end) {
    return begin < end ? (Bits{1} << end) - (Bits{1} << begin) : 0;
  }
  const Grid& grid_;
};

/// From the lowest of `bits` to the highest.
inline Bits filled(Bits bits) {
  return bits == 0 ? 0
                   : (~Bits{0} >> std::countl_zero(bits)) & (~Bits{0} << std::countr_zero(bits));
}

} // namespace sealwax::test
