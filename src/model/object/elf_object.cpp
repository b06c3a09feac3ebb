// SPDX-License-Identifier: Apache-2.0
#include "model/object/elf_object.hpp"

namespace sealwax {
namespace {

/// A segment that is writable and executable at once counts as data: sealing it as text would
/// freeze it in the one state that nobody wants to keep.
Region region_of(std::uint32_t flags) {
  if ((flags & PF_W) != 0)
    return Region::data;
  if ((flags & PF_X) != 0)
    return Region::text;
  return (flags & PF_R) != 0 ? Region::rodata : Region::gaps;
}

/// Where a program header's memory lies, or an empty range with `overflow` set.
Range memory_of(const Elf64_Phdr& header, Address bias, bool& overflow) {
  Range range;
  // A bias may wrap by design (an object moved below its link address), an extent may not.
  range.begin = bias + header.p_vaddr;
  overflow |= __builtin_add_overflow(range.begin, header.p_memsz, &range.end);
  return overflow ? Range{} : range;
}

class Builder {
public:
  explicit Builder(ObjectLayout& layout) : layout_(layout) {}

  void add(PageRange range, Region region) {
    if (range.empty())
      return;
    if (!layout_.pieces.push(Piece{range, region}))
      layout_.complete = false;
  }

  /// Segments that share a page: the later one's mapping replaced the earlier one's there.
  void cut_last_before(PageRange later) {
    if (layout_.pieces.empty())
      return;
    Piece& last = layout_.pieces.back();
    last.range = last.range.before(later);
    if (last.range.empty())
      layout_.pieces.erase(layout_.pieces.size() - 1);
  }

  /// The part of every `only` piece inside `range` becomes `region`.
  void repaint(PageRange range, Region only, Region region) {
    for (std::size_t i = 0; i < layout_.pieces.size(); ++i)
      if (layout_.pieces[i].region == only)
        if (const PageRange inside = split(i, range); !inside.empty())
          layout_.pieces[i] = Piece{inside, region};
  }

  /// No data covers any of `range` afterwards.
  void cut_out_of_data(PageRange range) {
    for (std::size_t i = 0; i < layout_.pieces.size(); ++i)
      if (layout_.pieces[i].region == Region::data && !split(i, range).empty())
        layout_.pieces.erase(i--);
  }

private:
  /// Splits piece `i` at the borders of `range`, so that `i` is the part inside, which it returns;
  /// `i` moves on to it. Empty, and nothing done: they do not overlap.
  PageRange split(std::size_t& i, PageRange range) {
    const Piece whole = layout_.pieces[i];
    const PageRange inside = whole.range.intersect(range);
    if (inside.empty())
      return inside;
    layout_.pieces[i].range = inside;
    insert(i + 1, Piece{whole.range.behind(inside), whole.region});
    if (insert(i, Piece{whole.range.before(inside), whole.region}))
      ++i;
    return inside;
  }

  bool insert(std::size_t at, const Piece& piece) {
    if (piece.range.empty())
      return false;
    const bool inserted = layout_.pieces.insert(at, piece);
    layout_.complete &= inserted;
    return inserted;
  }

  ObjectLayout& layout_;
};

LayoutError add_segments(Address bias, Slice<const Elf64_Phdr> headers, PageSize page,
                         ObjectLayout& layout, Builder& builder) {
  PageRange last;
  for (const Elf64_Phdr& header : headers) {
    if (header.p_type != PT_LOAD || header.p_memsz == 0)
      continue;
    bool overflow = false;
    const PageRange segment = page.covering(memory_of(header, bias, overflow));
    if (overflow)
      return LayoutError::overflow;
    if (layout.span.empty()) {
      layout.span = last = segment;
      builder.add(segment, region_of(header.p_flags));
      continue;
    }
    if (segment.begin() < last.begin() || segment.end() < last.end())
      return LayoutError::not_ascending;
    builder.cut_last_before(segment);
    builder.add(last.until(segment), Region::gaps);
    builder.add(segment, region_of(header.p_flags));
    layout.span = layout.span.through(segment);
    last = segment;
  }
  return layout.span.empty() ? LayoutError::no_segments : LayoutError::none;
}

} // namespace

const char* describe(LayoutError error) {
  switch (error) {
  case LayoutError::none:
    return "no error";
  case LayoutError::no_segments:
    return "no loadable segment";
  case LayoutError::not_ascending:
    return "loadable segments overlap or are out of order";
  case LayoutError::overflow:
    return "a segment reaches past the end of the address space";
  }
  return "unknown error";
}

LayoutError lay_out(Address bias, Slice<const Elf64_Phdr> headers, PageSize page,
                    ObjectLayout& layout, Slice<const Range> open) {
  layout.pieces.clear();
  layout.span = PageRange{};
  layout.relro = PageRange{};
  layout.dynamic = Range{};
  layout.complete = true;
  Builder builder{layout};
  if (const LayoutError error = add_segments(bias, headers, page, layout, builder);
      error != LayoutError::none)
    return error;

  bool overflow = false;
  for (const Elf64_Phdr& header : headers) {
    if (header.p_type == PT_GNU_RELRO) // of several, the loader heeds the last
      layout.relro = page.relro(memory_of(header, bias, overflow)).intersect(layout.span);
    else if (header.p_type == PT_DYNAMIC && header.p_filesz != 0)
      layout.dynamic = intersection(memory_of(header, bias, overflow), layout.span);
  }
  builder.repaint(layout.relro, Region::data, Region::relro);
  // Outwards: a page of which one byte is to stay changeable stays open. A mark is for data: were
  // it heeded elsewhere, whoever may write a header could open an object's code by it.
  for (const Elf64_Phdr& header : headers)
    if (is_mutable_mark(header))
      builder.cut_out_of_data(page.covering(memory_of(header, bias, overflow)));
  for (const Range& range : open)
    builder.cut_out_of_data(page.covering(range));
  return overflow ? LayoutError::overflow : LayoutError::none;
}

} // namespace sealwax
