// SPDX-License-Identifier: Apache-2.0
// One line of /proc/PID/maps. Source: proc_pid_maps(5).
#pragma once

#include "model/range.hpp"

#include <cstdint>
#include <string_view>

namespace sealwax {

struct MapsLine {
  Range range;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool shared = false;
  std::uint64_t offset = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t inode = 0;
  /// Path or [name], with the kernel's octal escapes for a newline left as they are; empty for
  /// anonymous memory.
  std::string_view name;
};

/// Reads a line without its newline. False: it is no such line. Pure; no allocation.
[[nodiscard]] bool parse_maps_line(std::string_view line, MapsLine& parsed);

/// Whether this is the name of a mapping that the kernel puts into every process and lets be sealed
/// ([vsyscall] is no mapping of the process). Kernel sources: arch/*/entry/vdso*,
/// arch/arm64/kernel/vdso.c, kernel/events/uprobes.c.
[[nodiscard]] bool is_kernel_mapping(std::string_view name);

} // namespace sealwax
