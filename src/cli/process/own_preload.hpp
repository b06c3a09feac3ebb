// SPDX-License-Identifier: Apache-2.0
// An /etc/ld.so.preload of a unit's own, which is mounted over the system's in its mount namespace.
#pragma once

#include "cli/process/procfs.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// Whether something is mounted there, by the text of /proc/PID/mountinfo. Pure.
[[nodiscard]] bool has_own_preload(std::string_view mountinfo);

/// Whether a drop-in's text, or a unit's, mounts something there. Pure.
[[nodiscard]] bool wants_own_preload(std::string_view unit_text);

/// Whether this system's `unit` is to have one by Sealwax's drop-in.
[[nodiscard]] bool unit_wants_own_preload(const std::string& unit);

/// What became of the one that a process's unit is to have.
enum class OwnPreload : std::uint8_t {
  there,
  never_there, ///< it has the system's mounts: it started before the drop-in was written
  gone,        ///< the kernel took the mount away with the system's own file, which was replaced
  unknown,     ///< it may not be looked at, or has another root directory
};
[[nodiscard]] OwnPreload own_preload_of(const Process& process);

} // namespace sealwax::cli
