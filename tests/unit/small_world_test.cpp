// SPDX-License-Identifier: Apache-2.0
// Range arithmetic, layout and plan in every case of a small world, held against sets of pages:
// every object of up to four segments, with every RELRO range and every range that is marked as
// mutable. Of addresses the code knows only their order and their pages, so that larger worlds have
// no other cases but for the number of segments.
#include "catch.hpp"
#include "small_world.hpp"

#include <sstream>
#include <string>
#include <utility>

using namespace sealwax;
using namespace sealwax::test;

namespace {

/// What each region's pages are, and those of the object.
struct Reference {
  std::array<Bits, kRegionCount> region{};
  Bits span = 0;
  Bits relro = 0;

  Bits& of(Region wanted) { return region[static_cast<std::size_t>(wanted)]; }
  [[nodiscard]] Bits of(Region wanted) const { return region[static_cast<std::size_t>(wanted)]; }
  bool operator==(const Reference&) const = default;
};

Region region_of(std::uint32_t flags) {
  return flags == kRW   ? Region::data
         : flags == kRX ? Region::text
         : flags == kR  ? Region::rodata
                        : Region::gaps;
}

/// As the loader maps: what comes later takes a page away from what came earlier.
Reference with_segments(const GridPages& pages, const Segments& segments) {
  Reference expected;
  for (const Segment& segment : segments) {
    const Bits own = pages.touched(segment.places);
    for (Bits& region : expected.region)
      region &= ~own;
    expected.of(region_of(segment.flags)) |= own;
    expected.span |= own;
  }
  const Bits mapped = std::exchange(expected.span, filled(expected.span));
  expected.of(Region::gaps) |= expected.span & ~mapped;
  return expected;
}

Reference with_relro(const GridPages& pages, Stretch relro, Reference expected) {
  expected.relro = pages.rounded_down(relro) & expected.span;
  expected.of(Region::relro) = expected.of(Region::data) & expected.relro;
  expected.of(Region::data) &= ~expected.relro;
  return expected;
}

/// What stays open, be it by a segment or by a note, is data.
Reference with_open(const GridPages& pages, Stretch open, Reference expected) {
  expected.of(Region::data) &= ~pages.touched(open);
  return expected;
}

/// What a layout says, in the same terms. False: a piece is empty, out of order or overlaps
/// another.
bool read_layout(const GridPages& pages, const ObjectLayout& layout, Reference& found) {
  Address last_end = 0;
  for (const Piece& piece : layout.pieces) {
    if (piece.range.empty() || piece.range.begin() < last_end)
      return false;
    last_end = piece.range.end();
    found.of(piece.region) |= pages.of(piece.range);
  }
  found.span = pages.of(layout.span);
  found.relro = pages.of(layout.relro);
  return layout.complete;
}

/// Each maximal: no two could be one.
template <typename Ranges>
bool apart(const Ranges& ranges) {
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].begin() <= ranges[i - 1].end())
      return false;
  return true;
}

template <typename Ranges>
Bits bits_of(const GridPages& pages, const Ranges& ranges) {
  Bits bits = 0;
  for (const PageRange& range : ranges)
    bits |= pages.of(range);
  return bits;
}

bool plan_is_right(const GridPages& pages, const ObjectLayout& layout, const Reference& expected,
                   RegionSet wanted) {
  Bits runs = 0;
  for (const Region region : {Region::text, Region::rodata, Region::relro, Region::data})
    runs |= wanted.has(region) ? expected.of(region) : 0;
  ObjectPlan plan;
  plan_object(layout, wanted, plan);
  return bits_of(pages, plan.runs) == runs && apart(plan.runs) &&
         bits_of(pages, plan.gaps) == (wanted.has(Region::gaps) ? expected.of(Region::gaps) : 0) &&
         bits_of(pages, plan.relro) == (wanted.has(Region::relro) ? expected.of(Region::relro) : 0);
}

std::vector<RegionSet> every_region_set() {
  std::vector<RegionSet> sets{{}};
  for (const Region region :
       {Region::text, Region::rodata, Region::relro, Region::gaps, Region::data})
    for (std::size_t i = 0, size = sets.size(); i < size; ++i)
      sets.push_back(sets[i].with({region}));
  return sets;
}

/// A plan depends on the layout alone, so each layout is planned for once.
class NewLayouts {
public:
  /// Whether a layout with these pieces has not been seen.
  bool add(const GridPages& pages, const ObjectLayout& layout) {
    std::size_t key = 0; // 3 bits a page for its region, one for the begin of a piece
    for (const Piece& piece : layout.pieces) {
      const Bits own = pages.of(piece.range);
      for (std::size_t page = 0; page < kPlaces; ++page)
        if ((own >> page & 1U) != 0)
          key |= (static_cast<std::size_t>(piece.region) + 1) << 3 * page;
      key |= std::size_t{own & ~(own << 1U)} << 3 * kPlaces;
    }
    return !std::exchange(seen_[key], true);
  }

private:
  std::vector<char> seen_ = std::vector<char>(std::size_t{1} << 4 * kPlaces);
};

class Trial {
public:
  explicit Trial(const Grid& grid) : grid_(grid), pages_(grid) {}

  void run(const std::vector<std::uint32_t>& kinds) {
    for_each_object(kinds, [this](const Segments& segments) { try_object(segments); });
  }
  [[nodiscard]] std::size_t cases() const { return cases_; }
  [[nodiscard]] std::size_t plans() const { return plans_; }
  /// The first that went wrong, in words; empty: none did.
  [[nodiscard]] const std::string& failure() const { return failure_; }

private:
  void try_object(const Segments& segments) {
    std::array<Elf64_Phdr, kMostSegments + 2> headers{};
    std::size_t count = 0;
    for (const Segment& segment : segments)
      headers[count++] = header_at(PT_LOAD, segment.flags, segment.places);
    const Reference mapped = with_segments(pages_, segments);
    for (const Stretch relro : stretches_) {
      headers[count] = header_at(PT_GNU_RELRO, kR, relro);
      const Reference expected = with_relro(pages_, relro, mapped);
      for (const Stretch open : stretches_) {
        headers[count + 1] = header_at(kPtGnuMutable, kR, open);
        const Range noted = pages_.memory(open);
        const Reference opened = with_open(pages_, open, expected);
        const bool right = try_layout({headers.data(), count + 2}, {}, opened) &&
                           try_layout({headers.data(), count + 1}, {&noted, 1}, opened);
        if (!right && failure_.empty())
          failure_ = describe_case(segments, relro, open);
      }
    }
  }

  bool try_layout(Slice<const Elf64_Phdr> headers, Slice<const Range> open,
                  const Reference& expected) {
    ++cases_;
    Reference found;
    if (lay_out(grid_.bias, headers, PageSize{kSmallPage}, layout_, open) != LayoutError::none ||
        !read_layout(pages_, layout_, found) || !(found == expected))
      return false;
    if (!layouts_.add(pages_, layout_))
      return true;
    bool right = true;
    for (const RegionSet wanted : region_sets_) {
      ++plans_;
      right &= plan_is_right(pages_, layout_, expected, wanted);
    }
    return right;
  }

  [[nodiscard]] Elf64_Phdr header_at(std::uint32_t type, std::uint32_t flags,
                                     Stretch places) const {
    return header(type, flags, grid_.border[places.begin],
                  grid_.border[places.end] - grid_.border[places.begin]);
  }

  [[nodiscard]] std::string describe_case(const Segments& segments, Stretch relro,
                                          Stretch open) const {
    std::ostringstream out;
    out << grid_.name;
    for (const Segment& segment : segments)
      out << ", segment " << region_name(region_of(segment.flags)) << ' '
          << pages_.memory(segment.places);
    out << ", relro " << pages_.memory(relro) << ", mutable " << pages_.memory(open) << ": "
        << text_of_pieces(layout_.pieces);
    return out.str();
  }

  const Grid& grid_;
  GridPages pages_;
  std::vector<Stretch> stretches_ = every_stretch();
  std::vector<RegionSet> region_sets_ = every_region_set();
  NewLayouts layouts_;
  ObjectLayout layout_;
  std::size_t cases_ = 0;
  std::size_t plans_ = 0;
  std::string failure_;
};

} // namespace

TEST_CASE("every object of a small world is laid out and planned page by page as the rules say") {
  // Segments without permission lie between whole pages in practice, so that what counts of them
  // is their place among other segments.
  const std::size_t every_kind = 18100, three_kinds = 6606; // lists of segments
  const std::size_t marks = 22 * 22 * 2; // RELRO, mutable, by a segment and by a note
  const auto check = [](const Grid& grid, const std::vector<std::uint32_t>& kinds,
                        std::size_t cases) {
    Trial trial{grid};
    trial.run(kinds);
    CHECK(trial.failure() == "");
    CHECK(trial.cases() == cases);
    CHECK(trial.plans() >= 900); // of layouts that differ, each for every set of regions
  };
  check(kGrids[0], {kRX, kR, kRW, 0}, every_kind * marks);
  check(kGrids[1], {kRX, kR, kRW}, three_kinds * marks);
  check(kGrids[2], {kRX, kR, kRW}, three_kinds * marks);
}

TEST_CASE("every pair of ranges in a small world meets as their pages do") {
  std::string failure;
  std::size_t cases = 0;
  for (const Grid& grid : kGrids) {
    const GridPages pages{grid};
    const PageSize page{kSmallPage};
    for (const Stretch first : every_stretch())
      for (const Stretch second : every_stretch()) {
        const PageRange a = page.covering(pages.memory(first));
        const PageRange b = page.covering(pages.memory(second));
        const Bits in_a = pages.touched(first);
        const Bits in_b = pages.touched(second);
        const Bits below_b = in_b == 0 ? ~Bits{0} : (in_b & -in_b) - 1;
        const Bits above_b = in_b == 0 ? 0 : ~(below_b | filled(in_b));
        const bool later = !a.empty() && !b.empty() && a.end() <= b.begin();
        const bool right =
            pages.of(a) == in_a &&
            pages.of(page.relro(pages.memory(first))) == pages.rounded_down(first) &&
            pages.of(a.intersect(b)) == (in_a & in_b) &&
            pages.of(a.before(b)) == (in_a & below_b) &&
            pages.of(a.behind(b)) == (in_a & above_b) &&
            intersection(a, b).empty() != ((in_a & in_b) != 0) &&
            static_cast<Range>(a).overlaps(b) == ((in_a & in_b) != 0) &&
            static_cast<Range>(a).contains(static_cast<Range>(b)) == ((in_b & ~in_a) == 0) &&
            (!later || (pages.of(a.until(b)) == (filled(in_a | in_b) & ~(in_a | in_b)) &&
                        pages.of(a.through(b)) == filled(in_a | in_b)));
        ++cases;
        if (!right && failure.empty()) {
          std::ostringstream out;
          out << grid.name << ' ' << a << " and " << b;
          failure = out.str();
        }
      }
  }
  CHECK(failure == "");
  CHECK(cases == 3 * 22 * 22);
}
