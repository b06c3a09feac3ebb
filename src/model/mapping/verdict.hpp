// Whether a mapping holds what the policy wants of it.
#pragma once

#include "model/policy/policy.hpp"
#include "model/region.hpp"

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
};

enum class MappingVerdict : std::uint8_t {
  sealed,        ///< as the policy wants it
  contents_open, ///< its place and permission are sealed, and its contents can be changed still
  open,
  observed, ///< the policy wants it watched: mode = audit
  off,      ///< the policy wants nothing of it
  unknown,  ///< nobody could tell whether it is sealed
};

/// As people and machines read it: "contents-open".
[[nodiscard]] std::string_view verdict_name(MappingVerdict verdict);

/// What settings want sealed.
[[nodiscard]] constexpr RegionSet wanted_by(const Settings& settings) {
  return settings.mode == Mode::enforce ? settings.seal : RegionSet{};
}

/// Whether settings want the contents of a region in memory without a file behind it, where a seal
/// covers them as well: madvise(2) takes what a file's private mapping was changed to away, sealed
/// or not.
[[nodiscard]] constexpr bool wants_private(const Settings& settings, Region region) {
  return region == Region::relro && settings.relro == RelroPlace::private_memory;
}

/// `settings`: what holds for the object that the mapping is of, or for the process. Pure.
[[nodiscard]] MappingVerdict judge_mapping(const MappingFacts& mapping, const Settings& settings);

} // namespace sealwax
