// SPDX-License-Identifier: Apache-2.0
// What the sealed ranges of a process belong to.
#pragma once

#include "cli/commands/learn/following/process_tree.hpp"
#include "cli/process/smaps.hpp"

#include <optional>
#include <vector>

namespace sealwax::cli::learn {

/// The mappings without what only smaps tells, which takes the kernel long to write. nullopt: they
/// may not be read.
[[nodiscard]] std::optional<std::vector<Mapping>> quick_mappings(pid_t thread);

/// Likewise, with what the library has moved to private memory by the names of its files.
[[nodiscard]] std::optional<std::vector<Mapping>> named_mappings(const Thread& thread);

/// Finds out what the seals belong to that nobody has asked about yet, and how policies name the
/// program. Call it before anything of them is changed.
void place_seals(const Thread& thread);

} // namespace sealwax::cli::learn
