// SPDX-License-Identifier: Apache-2.0
// Who has a file of its own mounted over /etc/ld.so.preload.
#pragma once

#include "cli/system/system_root.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

struct PreloadUsers {
  std::vector<std::string> running; ///< units, or programs that are in none, sorted
  std::vector<std::string> planned; ///< units whose drop-in says so, sorted

  [[nodiscard]] bool any() const { return !running.empty() || !planned.empty(); }
};

/// Of the system below `root`; what runs is looked at in this one alone.
[[nodiscard]] PreloadUsers preload_users(const SystemRoot& root);

/// In whose mounts this command itself runs, if these have such a file and the system's do not.
/// Empty: it sees the system's own file.
[[nodiscard]] std::string surrounding_unit();

} // namespace sealwax::cli
