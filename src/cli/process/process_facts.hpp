// SPDX-License-Identifier: Apache-2.0
// What the small texts in /proc/PID say. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// The components of a process's path in systemd's tree of control groups, by the text of
/// /proc/PID/cgroup (cgroups(7)): "system.slice", "nginx.service".
[[nodiscard]] std::vector<std::string> cgroup_path(std::string_view cgroup_text);

/// The systemd unit that a process belongs to: what is behind the slices, as sd_pid_get_unit(3)
/// has it. Empty: none.
[[nodiscard]] std::string unit_of(const std::vector<std::string>& path);

/// The first number behind `name` in the text of /proc/PID/status (proc_pid_status(5)).
[[nodiscard]] std::optional<std::uint64_t> status_number(std::string_view status_text,
                                                         std::string_view name);

/// The real user of a process.
[[nodiscard]] std::optional<uid_t> user_of(std::string_view status_text);
/// Whether SIGKILL was sent to it, which what the kernel holds back outlives.
[[nodiscard]] bool is_being_killed(std::string_view status_text);
/// The signals that wait for a thread or its process, as a mask, whatever they are to it.
[[nodiscard]] std::uint64_t pending_signals(std::string_view status_text);
/// The signals that wait for a thread and that will mean something to it, as a mask: it neither
/// blocks nor ignores them. Of a traced thread the kernel lets ignored ones wait as well.
[[nodiscard]] std::uint64_t awaited_signals(std::string_view status_text);
/// Whether a process is under a seccomp filter.
[[nodiscard]] bool is_filtered(std::string_view status_text);

} // namespace sealwax::cli
