// SPDX-License-Identifier: Apache-2.0
// Where the loaders of AArch64 look for libraries. Chosen by arch.hpp.
#pragma once

#include <string_view>
#include <vector>

namespace sealwax::cli {

/// Where Debian has the libraries for this processor.
inline constexpr const char* kLibraryFolder = "/usr/lib/aarch64-linux-gnu";

/// glibc knows none (sysdeps/aarch64/dl-hwcap_subdirs).
inline std::vector<std::string_view> library_levels() {
  return {};
}

} // namespace sealwax::cli
