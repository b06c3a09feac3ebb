// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"
#include "model/object/open_ranges.hpp"
#include "model/object/plan.hpp"

#include <cstring>
#include <vector>

using namespace sealwax;
using sealwax::fuzz::expect;

namespace {

template <typename Ranges, typename Get>
void check_ascending(const Ranges& ranges, PageRange span, PageSize page, Get range_of) {
  Address last_end = 0;
  for (const auto& item : ranges) {
    const PageRange range = range_of(item);
    expect(!range.empty(), "no range is empty");
    expect(range.begin() >= last_end, "ranges ascend and do not overlap");
    expect(page.down(range.begin()) == range.begin() && page.down(range.end()) == range.end(),
           "ranges are of whole pages");
    expect(static_cast<Range>(span).contains(range), "ranges lie in the object");
    last_end = range.end();
  }
}

void check_plan(const ObjectLayout& layout, RegionSet wanted, PageSize page) {
  ObjectPlan plan;
  plan_object(layout, wanted, plan);
  const auto itself = [](PageRange range) { return range; };
  check_ascending(plan.runs, layout.span, page, itself);
  check_ascending(plan.gaps, layout.span, page, itself);
  check_ascending(plan.relro, layout.span, page, itself);
  for (const PageRange& relro : plan.relro) {
    bool inside = false;
    for (const PageRange& run : plan.runs)
      inside |= static_cast<Range>(run).contains(relro);
    expect(inside, "relro is part of a run");
  }
  std::size_t sealed = 0;
  std::size_t planned = 0;
  for (const Piece& piece : layout.pieces)
    if (wanted.has(piece.region))
      sealed += piece.range.size();
  for (const PageRange& run : plan.runs)
    planned += run.size();
  for (const PageRange& gap : plan.gaps)
    planned += gap.size();
  expect(sealed == planned, "what is wanted is planned, and nothing else");
}

/// The same bytes taken for notes, at an address that the bias gives. They must be read within
/// their bounds, which the sanitizer sees.
OpenRanges read_notes(const std::uint8_t* data, std::size_t size, Address bias) {
  const std::vector<std::uint8_t> notes(data, data + size);
  OpenRanges open;
  read_open_ranges({reinterpret_cast<const std::byte*>(notes.data()), notes.size()}, bias,
                   (bias & 1) != 0 ? 8 : 4, open);
  for (const Range& range : open)
    expect(!range.empty(), "no open range is empty");
  return open;
}

} // namespace

/// A byte for the page size, eight for the bias, then program headers.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kPrefix = 1 + sizeof(Address);
  if (size < kPrefix)
    return 0;
  const PageSize page{std::size_t{0x1000} << (data[0] % 5)};
  Address bias = 0;
  std::memcpy(&bias, data + 1, sizeof bias);
  std::vector<Elf64_Phdr> headers((size - kPrefix) / sizeof(Elf64_Phdr));
  if (!headers.empty())
    std::memcpy(headers.data(), data + kPrefix, headers.size() * sizeof(Elf64_Phdr));

  OpenRanges open = read_notes(data + kPrefix, size - kPrefix, bias);
  (void)open.push(Range{bias, bias + size});
  for (const Elf64_Phdr& header : headers)
    (void)has_loaded_notes(header, {headers.data(), headers.size()});

  ObjectLayout layout;
  if (lay_out(page.down(bias), {headers.data(), headers.size()}, page, layout,
              {open.begin(), open.size()}) != LayoutError::none)
    return 0;
  check_ascending(layout.pieces, layout.span, page, [](const Piece& piece) { return piece.range; });
  for (const RegionSet wanted : {RegionSet::all(), RegionSet{Region::text, Region::relro},
                                 RegionSet{Region::data, Region::gaps}, RegionSet{}})
    check_plan(layout, wanted, page);
  return 0;
}
