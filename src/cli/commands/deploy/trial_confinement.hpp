// SPDX-License-Identifier: Apache-2.0
// Where the programs of an image are tried: nothing of the host is to be seen or made from there,
// whoever made the image.
#pragma once

#include <string>

namespace sealwax::cli {

/// Leads into namespaces of their own (pid, mount, net, ipc, uts, cgroup; without root's rights a
/// user namespace too). Returns in a new process, the first there, which ends with the caller's:
/// the one that called waits for it, and ends. Throws CommandError.
void enter_namespaces();

/// Makes `root` the root directory of this mount namespace and takes everything else out of it. The
/// image gets a /proc that has this PID namespace and cannot be written to, a /dev with the few
/// devices that hold nothing, and an empty /sys and /run. Throws CommandError.
void enter_image(const std::string& root);

/// For the process that is to execute a program of the image: leaves it no capability from the exec
/// on, nor a way to one. With `setuid_counts` a setuid bit still changes the user. False, and
/// errno.
[[nodiscard]] bool leave_nothing_to_gain(bool setuid_counts);

} // namespace sealwax::cli
