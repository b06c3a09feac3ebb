// SPDX-License-Identifier: Apache-2.0
// Opening a path below another root directory. No allocation and no exception: sealwax-rescue
// shares it.
#pragma once

namespace sealwax::deploy {

/// Opens what `path` names to a program that has `root`, an open folder, as its root directory: no
/// link leads out of it. O_CLOEXEC is added. -1, and errno: it cannot be opened.
[[nodiscard]] int open_in_root(int root, const char* path, int flags);

/// The same where there is no openat2(2): systemd's RestrictSUIDSGID= answers it with ENOSYS.
[[nodiscard]] int walk_in_root(int root, const char* path, int flags);

} // namespace sealwax::deploy
