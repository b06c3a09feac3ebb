// SPDX-License-Identifier: Apache-2.0
// What the file systems that a process sees are, as far as it matters to its memory.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

namespace sealwax::cli {

/// The devices, as FileId has them, of those in the text of /proc/PID/mountinfo
/// (proc_pid_mountinfo(5)) that somebody else's program or machine answers for, and may not: FUSE,
/// and what is reached over a network. Pure.
[[nodiscard]] std::set<std::uint64_t> remote_devices(std::string_view mountinfo);

/// Likewise those whose files lie in memory.
[[nodiscard]] std::set<std::uint64_t> memory_devices(std::string_view mountinfo);

} // namespace sealwax::cli
