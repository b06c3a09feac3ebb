// SPDX-License-Identifier: Apache-2.0
// Whether a running service is closed to new code, as --no-new-code wants it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// Begins what a drop-in says of files that systemd opens for the unit, and that can become code.
inline constexpr std::string_view kLeftOpen = "left open: ";

/// The places of a mount namespace at which files can be both written and executed, by the text of
/// /proc/PID/mountinfo. Pure.
[[nodiscard]] std::vector<std::string> places_for_new_code(std::string_view mountinfo);

/// What of it does not hold in the processes of `unit`, each as a sentence.
[[nodiscard]] std::vector<std::string> ways_to_new_code(const std::string& unit,
                                                        std::string_view drop_in);

} // namespace sealwax::cli
