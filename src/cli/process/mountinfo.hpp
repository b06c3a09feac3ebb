// SPDX-License-Identifier: Apache-2.0
// The mounts of a process (proc_pid_mountinfo(5)).
#pragma once

#include <string_view>
#include <vector>

namespace sealwax::cli {

/// Parts of the text, in which the blanks of a path are written as \040.
struct Mount {
  std::string_view device; ///< "0:42"
  std::string_view root;   ///< of the file system, what is mounted
  std::string_view place;
  std::string_view options;
  std::string_view type; ///< which may have a subtype behind a dot: fuse.sshfs
  std::string_view source;
  std::string_view system_options; ///< of the file system, wherever it is mounted
};

/// By the text of /proc/PID/mountinfo. Lines that are cut short are left out. Pure.
[[nodiscard]] std::vector<Mount> mounts_in(std::string_view mountinfo);

/// Whether one of several options, with commas between them, is `wanted`. Pure.
[[nodiscard]] bool has_mount_option(std::string_view options, std::string_view wanted);

} // namespace sealwax::cli
