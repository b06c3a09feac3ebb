// SPDX-License-Identifier: Apache-2.0
// Spans of time as units say them (systemd.time(7)).
#pragma once

#include <optional>
#include <string_view>

namespace sealwax::cli {

/// "90", "1min 30s", in seconds; a very long time for "infinity" and 0, which mean none is set.
/// nullopt: it is no span. Pure.
[[nodiscard]] std::optional<double> seconds_of(std::string_view span);

} // namespace sealwax::cli
