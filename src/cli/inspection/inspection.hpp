// SPDX-License-Identifier: Apache-2.0
// A process held against its policy: the one look that all commands share.
#pragma once

#include "cli/inspection/library_counts.hpp"
#include "cli/process/procfs.hpp"
#include "cli/process/survey.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/verdict.hpp"

#include <optional>
#include <string>

namespace sealwax::cli {

struct Inspection {
  std::optional<std::string> executable; ///< a path
  Survey survey;
  EffectivePolicy policy;
  Verdict verdict;
  std::optional<LibraryCounts> counts; ///< where the library is loaded

  /// Whether all that the verdict needs could be read.
  [[nodiscard]] bool certain() const {
    return survey.objects_known && survey.unclear.empty() && policy.problem().empty();
  }
  [[nodiscard]] MappingVerdict whole() const { return verdict.whole(certain()); }
};

/// Throws ProcessError.
[[nodiscard]] Inspection inspect(const Process& process);

} // namespace sealwax::cli
