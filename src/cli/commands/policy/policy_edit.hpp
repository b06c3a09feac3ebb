// SPDX-License-Identifier: Apache-2.0
// Changing a policy's text where it says what mode holds.
#pragma once

#include "model/policy/policy.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// `text` with this mode in [defaults], or in the section of the programs that the glob `program`
/// names: in the last that says one, else in the last that there is, else in one of its own. All
/// else stays byte for byte. Pure.
[[nodiscard]] std::string with_mode(std::string_view text, Mode mode, const std::string& program);

/// Which sections of a text say another mode than `mode`, though only for some, as "LINE: HEADER".
[[nodiscard]] std::vector<std::string> other_modes(std::string_view text, Mode mode);

} // namespace sealwax::cli
