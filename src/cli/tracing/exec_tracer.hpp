// SPDX-License-Identifier: Apache-2.0
// A helper process that traces what this process becomes.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace sealwax::cli {

/// Follows the process until there is nothing left to do: by waitpid(2), from before its exec on.
using Follow = std::function<void(pid_t)>;

/// Has a helper trace the calling process (PTRACE_SEIZE with `options`) and call `follow`. What the
/// caller executes next keeps its PID and parent, and gets no child: the helper is nobody's that it
/// knows. Returns when the helper is in place; empty, or why it cannot be.
[[nodiscard]] std::string trace_from_here(long options, const Follow& follow);

} // namespace sealwax::cli
