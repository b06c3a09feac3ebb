// What a system call that a tracee makes would do to its memory.
#pragma once

#include "cli/tracing/tracee.hpp"
#include "model/refusal.hpp"

#include <string>
#include <vector>

namespace sealwax::cli::learn {

/// Empty: it is no memory call. One that names several places is several.
[[nodiscard]] std::vector<MemoryCall> requested_calls(pid_t thread, const SystemCall& call);

/// Whether memory that it affects is no longer what it was, even if something is there.
[[nodiscard]] bool takes_away(const MemoryCall& call);

/// What is asked for in the words of people: "r--" for a protection, "DONTNEED" for an advice.
[[nodiscard]] std::string request(const MemoryCall& call);

/// Whether exec-gain refuses the call, if it is to memory that can be executed already or not
/// (prctl(2), PR_SET_MDWE).
[[nodiscard]] bool gains_exec(const MemoryCall& call, bool all_executable);

} // namespace sealwax::cli::learn
