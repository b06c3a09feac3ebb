// SPDX-License-Identifier: Apache-2.0
// Processes by what they run.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// Those of which `is_meant` takes the path of the executable, or the name of up to 15 bytes where
/// nobody may know the path. Kernel threads have no path. Throws ProcessError.
[[nodiscard]] std::vector<pid_t>
processes_where(const std::function<bool(std::string_view path, std::string_view name)>& is_meant);

/// Those that run a file of this name.
[[nodiscard]] std::vector<pid_t> processes_called(std::string_view name);
/// Those that run this file, or one below this folder. `path` has no links in it.
[[nodiscard]] std::vector<pid_t> processes_below(std::string_view path);

/// The units in which something runs, services without their suffix. Throws ProcessError.
[[nodiscard]] std::vector<std::string> running_units();

/// Whether `text` means a program; what looks like a number is meant as a PID.
[[nodiscard]] bool is_program_name(std::string_view text);
/// Those that a name, a file or a folder means. Throws CommandError where there are none.
[[nodiscard]] std::vector<pid_t> processes_meant_by(const std::string& text);

} // namespace sealwax::cli
