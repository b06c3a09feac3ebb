// SPDX-License-Identifier: Apache-2.0
// Holding a program at its entry point until its memory has been looked at.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace sealwax::cli {

/// Looks at a stopped process. Empty: let it go; else why it must not run, as a message.
using EntryCheck = std::function<std::string(pid_t)>;

/// Arranges that what the calling process executes next is held at its entry point and ended with
/// status 125 unless `check` lets it go. The program keeps the caller's PID and parent, and gets no
/// child. A helper process does it; should that die, the kernel kills the program, so that
/// it never runs unchecked. Returns when the helper is in place; empty, or why it cannot be.
[[nodiscard]] std::string hold_at_entry(const EntryCheck& check);

} // namespace sealwax::cli
