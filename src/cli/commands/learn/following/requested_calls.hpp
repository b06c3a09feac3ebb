// SPDX-License-Identifier: Apache-2.0
// What a system call that a tracee makes would do to its memory.
#pragma once

#include "cli/tracing/tracee.hpp"
#include "model/report/refusal.hpp"

#include <string>
#include <vector>

namespace sealwax::cli::learn {

/// Empty: it is no memory call. One that names several places is several.
[[nodiscard]] std::vector<MemoryCall> requested_calls(pid_t thread, const SystemCall& call);

/// What is asked for in the words of people: "r--" for a protection, "DONTNEED" for an advice.
[[nodiscard]] std::string request(const MemoryCall& call);
} // namespace sealwax::cli::learn
