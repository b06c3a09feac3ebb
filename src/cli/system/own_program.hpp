// SPDX-License-Identifier: Apache-2.0
// Where this tool is.
#pragma once

#include <filesystem>

namespace sealwax::cli {

/// What people call `sealwax`: this program's file, or the one that starts it where both are
/// installed (src/start). Empty: nobody can tell.
[[nodiscard]] std::filesystem::path own_program();

} // namespace sealwax::cli
