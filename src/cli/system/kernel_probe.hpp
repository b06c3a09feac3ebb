// SPDX-License-Identifier: Apache-2.0
// What the running kernel lets a process do, found out by doing it; in a child, where that may die.
#pragma once

#include "outside/kernel/kernel_call.hpp"

#include <cstdint>
#include <optional>

namespace sealwax::cli {

using outside::kMseal;

/// Whether a seccomp filter may answer this process's calls, by killing it too.
[[nodiscard]] bool may_be_filtered();

/// mseal(2) for a process like this one.
enum class Mseal : std::uint8_t {
  works,   ///< sealed memory cannot be unmapped
  missing, ///< the kernel has no such call
  refused, ///< an error that a kernel with mseal(2) does not give here: a seccomp filter
  killed,  ///< the child died of it: a seccomp filter
  idle,    ///< the call succeeds and seals nothing
  unknown, ///< no child could be made
};
[[nodiscard]] Mseal probe_mseal();

/// PR_SET_MDWE, which keeps memory from becoming executable (prctl(2)).
enum class Mdwe : std::uint8_t { works, missing, unknown };
[[nodiscard]] Mdwe probe_mdwe();

/// Whether /proc/self/maps answers PROCMAP_QUERY (linux/fs.h). nullopt: it cannot be opened.
[[nodiscard]] std::optional<bool> probe_procmap_query();

/// Whether a process can write to its own read-only memory by /proc/self/mem. nullopt: it could
/// not be tried.
[[nodiscard]] std::optional<bool> probe_memory_file();

} // namespace sealwax::cli
