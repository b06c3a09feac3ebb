// SPDX-License-Identifier: Apache-2.0
// A private view of the file system, in which /etc/ld.so.preload is another one.
#pragma once

#include <optional>
#include <string>

namespace sealwax::cli {

/// Leads into mounts of its own, with `root` as root directory and `text` as /etc/ld.so.preload;
/// nullopt: without that file. Of another root than / nothing of the host is reached, and this
/// returns in another process (see trial_confinement). Nothing on any disk changes. Empty, or why
/// it cannot be; or throws CommandError. Then the process is of no further use.
[[nodiscard]] std::string enter_trial_mounts(const std::string& root,
                                             const std::optional<std::string>& text);

} // namespace sealwax::cli
