// The library that every program of a system would load, and what could make that fatal.
#pragma once

#include <string>
#include <vector>

namespace sealwax::cli {

struct InstalledLibrary {
  std::string path;  ///< as the system's own programs have it
  std::string entry; ///< what /etc/ld.so.preload is to say
};

/// `wanted`, or where that is empty the one in the system's library folder. Where ld.so can be told
/// to expand $LIB (ld.so(8)) the entry says so, and 32-bit programs find theirs by the same line.
/// Throws CommandError.
[[nodiscard]] InstalledLibrary find_installed_library(const std::string& root,
                                                      const std::string& wanted);

/// What is wrong with it, each a message. Empty: it may be tried.
[[nodiscard]] std::vector<std::string> library_findings(const std::string& root,
                                                        const InstalledLibrary& library);

} // namespace sealwax::cli
