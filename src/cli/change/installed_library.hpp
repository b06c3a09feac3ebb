// SPDX-License-Identifier: Apache-2.0
// The library that every program of a system would load, and what could make that fatal.
#pragma once

#include "cli/system/system_root.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sealwax::cli {

struct InstalledLibrary {
  std::string path;  ///< as the system's own programs have it
  std::string entry; ///< what /etc/ld.so.preload is to say
};

/// `wanted`, or where that is empty the one where Sealwax was installed, or in the system's library
/// folder. Where its folder ends as $LIB (ld.so(8)) does, the entry says that, and 32-bit programs
/// find theirs by the same line. Throws CommandError.
[[nodiscard]] InstalledLibrary find_installed_library(const std::string& root,
                                                      const std::string& wanted);

/// Whether programs find a library there from the first one on: in the system's library folders, or
/// where Sealwax was installed if that is on the same file system. `library` has no links in it.
[[nodiscard]] bool is_early_place(const SystemRoot& root, const std::filesystem::path& library);

/// What is wrong with it, each a message. Empty: it may be tried.
[[nodiscard]] std::vector<std::string> library_findings(const std::string& root,
                                                        const InstalledLibrary& library);

} // namespace sealwax::cli
