// SPDX-License-Identifier: Apache-2.0
// The regions that a policy names, and sets of them.
#pragma once

#include "model/enumerated.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace sealwax {

enum class Region : std::uint8_t {
  text,   ///< executable segments
  rodata, ///< read-only segments, ELF headers included
  relro,  ///< PT_GNU_RELRO: written by the loader, constant afterwards
  gaps,   ///< mappings without any permission between the segments of one object
  data,   ///< writable segments, .bss included
  vdso,   ///< what the kernel maps into every process: vdso, vvar, sigpage, vectors, uprobes
  stack,  ///< the main thread's stack
};

struct RegionRow {
  std::string_view name;
  Region region;
  bool of_process; ///< there is one in a process, which belongs to no object
};
inline constexpr RegionRow kRegions[] = {
    {"text", Region::text, false},   {"rodata", Region::rodata, false},
    {"relro", Region::relro, false}, {"gaps", Region::gaps, false},
    {"data", Region::data, false},   {"vdso", Region::vdso, true},
    {"stack", Region::stack, true},
};
static_assert(in_order(kRegions, &RegionRow::region, Region::stack));
inline constexpr std::size_t kRegionCount = sizeof kRegions / sizeof *kRegions;

[[nodiscard]] constexpr std::string_view region_name(Region region) {
  return kRegions[static_cast<std::size_t>(region)].name;
}
[[nodiscard]] constexpr bool is_of_process(Region region) {
  return kRegions[static_cast<std::size_t>(region)].of_process;
}

[[nodiscard]] constexpr std::optional<Region> region_named(std::string_view name) {
  for (const RegionRow& row : kRegions)
    if (row.name == name)
      return row.region;
  return std::nullopt;
}

class RegionSet {
public:
  constexpr RegionSet() = default;
  constexpr RegionSet(std::initializer_list<Region> regions) {
    for (const Region region : regions)
      bits_ |= bit(region);
  }
  [[nodiscard]] static constexpr RegionSet all() {
    return RegionSet{static_cast<std::uint8_t>((1U << kRegionCount) - 1)};
  }
  [[nodiscard]] constexpr bool has(Region region) const { return (bits_ & bit(region)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr RegionSet with(RegionSet other) const {
    return RegionSet{static_cast<std::uint8_t>(bits_ | other.bits_)};
  }
  [[nodiscard]] constexpr RegionSet without(RegionSet other) const {
    return RegionSet{static_cast<std::uint8_t>(bits_ & ~other.bits_)};
  }
  [[nodiscard]] constexpr RegionSet common(RegionSet other) const {
    return RegionSet{static_cast<std::uint8_t>(bits_ & other.bits_)};
  }
  constexpr bool operator==(const RegionSet&) const = default;

private:
  constexpr explicit RegionSet(std::uint8_t bits) : bits_(bits) {}
  static constexpr std::uint8_t bit(Region region) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(region));
  }
  std::uint8_t bits_ = 0;
  static_assert(kRegionCount <= 8 * sizeof bits_);
};

/// The regions of the process: no object has them, and no [object] section can name them.
inline constexpr RegionSet kProcessRegions = [] {
  RegionSet regions;
  for (const RegionRow& row : kRegions)
    if (row.of_process)
      regions = regions.with({row.region});
  return regions;
}();

} // namespace sealwax
