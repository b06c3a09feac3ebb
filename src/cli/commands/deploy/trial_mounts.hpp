// A private view of the file system, in which /etc/ld.so.preload is another one.
#pragma once

#include <optional>
#include <string>

namespace sealwax::cli {

/// Moves the calling process into mounts of its own, with `root` as its root directory and `text`
/// as its /etc/ld.so.preload; nullopt: without that file. Nothing on any disk changes. Empty, or
/// why it cannot be; then the process is of no further use.
[[nodiscard]] std::string enter_trial_mounts(const std::string& root,
                                             const std::optional<std::string>& text);

} // namespace sealwax::cli
