// SPDX-License-Identifier: Apache-2.0
// Address ranges and page arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sealwax {

using Address = std::uintptr_t;

/// Half-open: [begin, end). A range whose end does not lie behind its begin is empty.
struct Range {
  Address begin = 0;
  Address end = 0;

  [[nodiscard]] constexpr bool empty() const { return end <= begin; }
  [[nodiscard]] constexpr std::size_t size() const { return empty() ? 0 : end - begin; }
  [[nodiscard]] constexpr bool contains(Address at) const { return at >= begin && at < end; }
  [[nodiscard]] constexpr bool contains(Range other) const {
    return other.empty() || (other.begin >= begin && other.end <= end);
  }
  [[nodiscard]] constexpr bool overlaps(Range other) const {
    return !empty() && !other.empty() && begin < other.end && other.begin < end;
  }
  constexpr bool operator==(const Range&) const = default;
};

[[nodiscard]] constexpr Range intersection(Range a, Range b) {
  const Range both{a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
  return both.empty() ? Range{} : both;
}

/// A range that starts and ends on a page boundary: what the memory system calls take. Only a
/// PageSize makes one from arbitrary addresses.
class PageRange {
public:
  constexpr PageRange() = default;
  [[nodiscard]] constexpr Address begin() const { return range_.begin; }
  [[nodiscard]] constexpr Address end() const { return range_.end; }
  [[nodiscard]] constexpr std::size_t size() const { return range_.size(); }
  [[nodiscard]] constexpr bool empty() const { return range_.empty(); }
  constexpr operator Range() const { return range_; }
  constexpr bool operator==(const PageRange&) const = default;

  /// The intersection of aligned ranges is aligned.
  [[nodiscard]] constexpr PageRange intersect(PageRange other) const {
    return PageRange{intersection(range_, other.range_)};
  }
  /// What lies in this range before `other` begins, and what lies behind its end.
  [[nodiscard]] constexpr PageRange before(PageRange other) const {
    return other.empty() ? *this : intersect(PageRange{{range_.begin, other.begin()}});
  }
  [[nodiscard]] constexpr PageRange behind(PageRange other) const {
    return other.empty() ? PageRange{} : intersect(PageRange{{other.end(), range_.end}});
  }
  /// The stretch between the end of this range and the begin of a later one.
  [[nodiscard]] constexpr PageRange until(PageRange later) const {
    return PageRange{{range_.end, later.begin()}};
  }
  /// From this range's begin to the end of a later one.
  [[nodiscard]] constexpr PageRange through(PageRange later) const {
    return PageRange{{range_.begin, later.end()}};
  }

private:
  friend class PageSize;
  constexpr explicit PageRange(Range range) : range_(range) {}
  Range range_;
};

/// The size of a page in bytes: a value read from the auxiliary vector, since one aarch64 binary
/// runs on kernels with pages of 4, 16 and 64 KiB.
class PageSize {
public:
  /// `bytes` is a power of two; anything else counts as 4096.
  constexpr explicit PageSize(std::size_t bytes)
      : mask_((bytes != 0 && (bytes & (bytes - 1)) == 0 ? bytes : 4096) - 1) {}

  [[nodiscard]] constexpr std::size_t bytes() const { return mask_ + 1; }
  [[nodiscard]] constexpr Address down(Address at) const { return at & ~mask_; }
  /// Saturates: the last page of the address space has no end that a word can hold.
  [[nodiscard]] constexpr Address up(Address at) const {
    return at > ~mask_ ? ~mask_ : (at + mask_) & ~mask_;
  }
  /// Every page that `range` touches.
  [[nodiscard]] constexpr PageRange covering(Range range) const {
    return range.empty() ? PageRange{} : PageRange{{down(range.begin), up(range.end)}};
  }
  /// What ld.so makes read-only for a PT_GNU_RELRO: both ends rounded down, so that a last page
  /// shared with writable data stays writable (glibc, _dl_protect_relro).
  [[nodiscard]] constexpr PageRange relro(Range range) const {
    const Range rounded{down(range.begin), down(range.end)};
    return rounded.empty() ? PageRange{} : PageRange{rounded};
  }

private:
  Address mask_;
};

} // namespace sealwax
