// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/following/seals.hpp"

#include <algorithm>

namespace sealwax::cli::learn {

/// The index of the first seal that ends behind `at`.
std::size_t Seals::first_behind(Address at) const {
  const auto found = std::partition_point(seals_.begin(), seals_.end(),
                                          [at](const Seal& seal) { return seal.range.end <= at; });
  return static_cast<std::size_t>(found - seals_.begin());
}

/// The index behind the last seal that begins before `range` ends.
std::size_t Seals::end_of(Range range) const {
  const auto found = std::partition_point(seals_.begin(), seals_.end(), [range](const Seal& seal) {
    return seal.range.begin < range.end;
  });
  return range.empty() ? 0 : static_cast<std::size_t>(found - seals_.begin());
}

void Seals::insert(const Seal& seal) {
  if (seal.range.empty())
    return;
  const auto at = static_cast<std::ptrdiff_t>(first_behind(seal.range.begin));
  seals_.insert(seals_.begin() + at, seal);
}

void Seals::add(Range range, const std::shared_ptr<const Place>& place) {
  remove(range);
  insert(Seal{range, place});
}

void Seals::remove(Range range) {
  const std::size_t first = first_behind(range.begin), end = end_of(range);
  if (first >= end)
    return;
  const Seal head = seals_[first], tail = seals_[end - 1];
  seals_.erase(seals_.begin() + static_cast<std::ptrdiff_t>(first),
               seals_.begin() + static_cast<std::ptrdiff_t>(end));
  insert(Seal{{head.range.begin, std::min(head.range.end, range.begin)}, head.place});
  insert(Seal{{std::max(tail.range.begin, range.end), tail.range.end}, tail.place});
}

std::vector<Seal> Seals::in(Range range) const {
  std::vector<Seal> found;
  for (std::size_t i = first_behind(range.begin); i < end_of(range); ++i)
    found.push_back(Seal{intersection(seals_[i].range, range), seals_[i].place});
  return found;
}

std::vector<Range> Seals::unnamed() const {
  std::vector<Range> ranges;
  for (const Seal& seal : seals_)
    if (seal.place == nullptr)
      ranges.push_back(seal.range);
  return ranges;
}

} // namespace sealwax::cli::learn
