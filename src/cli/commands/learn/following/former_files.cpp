// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/following/former_files.hpp"

#include <algorithm>

namespace sealwax::cli::learn {
namespace {

/// The part of a mapping that lies in `range`; nothing where there is none.
void add_part(const Mapping& mapping, Range range, std::vector<Mapping>& parts) {
  if (range.empty())
    return;
  parts.push_back(mapping);
  parts.back().range = range;
  parts.back().offset += range.begin - mapping.range.begin;
}

} // namespace

void FormerFiles::add(Range range, std::span<const Mapping> mappings) {
  remove(range);
  for (const Mapping& mapping : mappings)
    if (!mapping.anonymous() && mapping.range.overlaps(range))
      add_part(mapping, intersection(mapping.range, range), former_);
  std::sort(former_.begin(), former_.end(), [](const Mapping& one, const Mapping& other) {
    return one.range.begin < other.range.begin;
  });
}

void FormerFiles::remove(Range range) {
  std::vector<Mapping> rest;
  for (const Mapping& file : former_) {
    add_part(file, {file.range.begin, std::min(file.range.end, range.begin)}, rest);
    add_part(file, {std::max(file.range.begin, range.end), file.range.end}, rest);
  }
  former_ = std::move(rest);
}

std::vector<Mapping> FormerFiles::restored_in(std::span<const Mapping> mappings) const {
  std::vector<Mapping> restored;
  for (const Mapping& mapping : mappings) {
    Address at = mapping.range.begin;
    for (const Mapping& file : former_) {
      if (!mapping.name.empty() || !file.range.overlaps(mapping.range))
        continue;
      const Range common = intersection(file.range, mapping.range);
      add_part(mapping, {at, common.begin}, restored);
      add_part(file, common, restored);
      restored.back().permissions = mapping.permissions;
      at = common.end;
    }
    add_part(mapping, {at, mapping.range.end}, restored);
  }
  return restored;
}

} // namespace sealwax::cli::learn
