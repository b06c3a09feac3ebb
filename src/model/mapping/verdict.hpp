// SPDX-License-Identifier: Apache-2.0
// Whether a mapping holds what the policy wants of it.
#pragma once

#include "model/policy/policy.hpp"
#include "model/region.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

enum class SealState : std::uint8_t { open, sealed, unknown };

/// What is known of a mapping, or of the share of one that is all one region.
struct MappingFacts {
  Region region = Region::rodata;
  SealState seal = SealState::unknown;
  bool anonymous = false; ///< no file is behind it, whose bytes could be put back into it
  bool writable = false;
  bool shared_memory = false; ///< its file lies in memory, where userfaultfd may put other pages
};

enum class MappingVerdict : std::uint8_t {
  sealed,        ///< as the policy wants it
  contents_open, ///< its place and permission are sealed, and its contents can be changed still
  open,
  observed, ///< the policy wants it watched: mode = audit
  off,      ///< the policy wants nothing of it
  unknown,  ///< nobody could tell whether it is sealed
};

inline constexpr std::size_t kVerdictCount = 6;

/// As people and machines read it: "contents-open".
[[nodiscard]] std::string_view verdict_name(MappingVerdict verdict);

/// The verdicts on several mappings: on a region's, say.
class VerdictSet {
public:
  constexpr void add(MappingVerdict verdict) { bits_ |= bit(verdict); }
  constexpr void add(VerdictSet other) { bits_ |= other.bits_; }
  [[nodiscard]] constexpr bool has(MappingVerdict verdict) const {
    return (bits_ & bit(verdict)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const VerdictSet&) const = default;

private:
  static constexpr unsigned bit(MappingVerdict verdict) {
    return 1U << static_cast<unsigned>(verdict);
  }
  unsigned bits_ = 0;
};

/// In one word, the worst first: that of a verdict; "partly" where some mappings are sealed and
/// others are not; "-" for no mapping at all.
[[nodiscard]] std::string_view summary_of(VerdictSet verdicts);

/// Of what a program's own settings say, where nothing that they want sealed was found otherwise.
[[nodiscard]] MappingVerdict verdict_of_mode(const Settings& settings);

/// What settings want sealed.
[[nodiscard]] constexpr RegionSet wanted_by(const Settings& settings) {
  return settings.mode == Mode::enforce ? settings.seal : RegionSet{};
}

/// What they want watched.
[[nodiscard]] constexpr RegionSet observed_by(const Settings& settings) {
  return settings.mode == Mode::audit ? settings.seal : RegionSet{};
}

/// Whether settings want the contents of a region in memory without a file behind it, where a seal
/// covers them as well: madvise(2) takes what a file's private mapping was changed to away, sealed
/// or not.
[[nodiscard]] constexpr bool wants_private(const Settings& settings, Region region,
                                           bool shared_memory = false) {
  if (region == Region::relro)
    return settings.relro == RelroPlace::private_memory;
  return (region == Region::text || region == Region::rodata) &&
         (settings.text == TextPlace::private_memory ||
          (settings.text == TextPlace::automatic && shared_memory));
}

/// `settings`: what holds for the object that the mapping is of, or for the process. Pure.
[[nodiscard]] MappingVerdict judge_mapping(const MappingFacts& mapping, const Settings& settings);

} // namespace sealwax
