// SPDX-License-Identifier: Apache-2.0
// The files of an installed package.
#pragma once

#include "cli/system/system_root.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

/// The paths that dpkg(1) has put there for `package` ("name" or "name:architecture"), in its
/// order. Throws CommandError where it knows no such package.
[[nodiscard]] std::vector<std::string> package_files(const SystemRoot& root,
                                                     const std::string& package);

} // namespace sealwax::cli
