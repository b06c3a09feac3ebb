// SPDX-License-Identifier: Apache-2.0
// Commands to type.
#pragma once

#include <string>
#include <vector>

namespace sealwax::cli {

/// As a shell reads it back.
[[nodiscard]] std::string shell_words(const std::vector<std::string>& words);

} // namespace sealwax::cli
