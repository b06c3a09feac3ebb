// SPDX-License-Identifier: Apache-2.0
// What would be sealed of a program, told from its files.
#pragma once

#include "cli/commands/plan/finding.hpp"
#include "cli/elf/closure.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/preload.hpp"
#include "model/region.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

struct PlannedBytes {
  std::size_t bytes = 0;
  std::size_t sealed_bytes = 0;
};

/// By region. nullopt: only a running process can tell.
using PlannedTable = std::array<std::optional<PlannedBytes>, kRegionCount>;

struct PlannedObject {
  std::string name; ///< by which the loader has opened it
  std::string path; ///< by which the kernel knows it
  RegionSet wanted;
  RegionSet observed;
  PlannedTable regions;
};

struct ProgramPlan {
  std::string path;   ///< by which the kernel knows the program
  std::string policy; ///< the file that holds for it, or nothing for the built-in default
  RegionSet wanted;   ///< of the process or of any object
  RegionSet observed; ///< likewise, what the policy wants watched
  std::vector<PlannedObject> objects;
  PlannedTable regions; ///< of all objects
  std::vector<Finding> findings;
  std::vector<std::string> notes;    ///< what should be known of the policy beside, as sentences
  std::vector<std::string> problems; ///< why it may not be all, or not be so, as messages
};

/// What plans depend on beside the program.
struct Planner {
  const SystemRoot& root;
  const LoadedFile& library; ///< that is to be preloaded
  std::string policy;        ///< a file to use in place of the system's policy, or nothing

  /// Throws ElfError, with a predicate, or std::system_error where there is no such file.
  [[nodiscard]] ProgramPlan plan(const std::string& file) const;

private:
  [[nodiscard]] EffectivePolicy policy_for(const LoadedFile& program) const;
};

} // namespace sealwax::cli
