// SPDX-License-Identifier: Apache-2.0
// No allocation and no exception: sealwax-rescue shares it.
#pragma once

#include <string_view>

namespace sealwax::deploy {

/// Writes the whole of `text`, whatever interrupts it. False, and errno: it could not.
[[nodiscard]] bool write_all(int file, std::string_view text);

} // namespace sealwax::deploy
