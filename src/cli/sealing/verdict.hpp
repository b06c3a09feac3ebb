// Whether what is sealed in a process is what its policy wants.
#pragma once

#include "cli/process/survey.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "model/mapping/verdict.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct Verdict {
  RegionSet wanted; ///< what the policy wants sealed of the process or of any object in it
  RegionSet open;   ///< what of that is not sealed
  /// One for each of Survey::parts: it is wanted and open.
  std::vector<bool> part_open;
  std::size_t wanted_bytes = 0; ///< of the parts that are wanted sealed
  std::size_t sealed_bytes = 0; ///< of those, what is
};

/// The path by which policies name the program of a process whose executable is `executable`: the
/// main object's, where ld.so was started by hand.
[[nodiscard]] std::string name_in_policies(const Survey& survey, std::string_view executable);

/// "text, relro"
[[nodiscard]] std::string join_names(RegionSet regions);

[[nodiscard]] Verdict judge(const Survey& survey, const EffectivePolicy& policy);

} // namespace sealwax::cli
