// SPDX-License-Identifier: Apache-2.0
// Whether what is sealed in a process is what its policy wants.
#pragma once

#include "cli/process/survey.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "model/mapping/verdict.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct Verdict {
  RegionSet wanted;        ///< what the policy wants sealed of the process or of any object in it
  RegionSet observed;      ///< what it wants watched
  RegionSet open;          ///< what of `wanted` is not sealed
  RegionSet contents_open; ///< what of it is, and can be changed all the same
  /// One for each of Survey::parts.
  std::vector<MappingVerdict> parts;
  /// Likewise, what they would be if all were sealed where they are.
  std::vector<MappingVerdict> parts_once_sealed;
  /// On all parts of each region.
  std::array<VerdictSet, kRegionCount> regions{};
  std::size_t wanted_bytes = 0; ///< of the parts that are wanted sealed
  std::size_t sealed_bytes = 0; ///< of those, what is, contents and all
  /// What is to be said where all that is wanted is sealed: nothing may be.
  MappingVerdict otherwise = MappingVerdict::unknown;

  /// What is wanted and is not as wanted.
  [[nodiscard]] RegionSet findings() const { return open.with(contents_open); }
  /// On the process: what was found is certain, whatever else could not be told.
  [[nodiscard]] MappingVerdict whole(bool certain) const;
};

/// Whether nothing of the program is to be sealed, whatever it loads.
[[nodiscard]] bool seals_nothing(const ProgramPolicy& rules);

/// The path by which policies name the program of a process whose executable is `executable`: the
/// main object's, where ld.so was started by hand.
[[nodiscard]] std::string name_in_policies(const Survey& survey, std::string_view executable);

[[nodiscard]] Verdict judge(const Survey& survey, const EffectivePolicy& policy);

} // namespace sealwax::cli
