// SPDX-License-Identifier: Apache-2.0
// Sealing what no loader starts, so that no library reaches it.
#pragma once

#include "cli/commands/run/entry_hold.hpp"

#include <string>

namespace sealwax::cli {

/// Arranges that what the calling process executes next, a static program, is sealed from outside:
/// all but its RELRO before its first instruction, its RELRO when it is constant. Then whoever did
/// it is gone. The program keeps the caller's PID and parent, and gets no child. With `check` it is
/// ended with status 125 where that does not let it go in the end. Returns when all is in place;
/// empty, or why it cannot be.
[[nodiscard]] std::string seal_static_from_here(const EntryCheck* check);

/// The same for each static program that the calling process and its descendants execute from here
/// on; whoever does it stays as long as one of them lives.
[[nodiscard]] std::string seal_and_follow_from_here(const EntryCheck* check);

} // namespace sealwax::cli
