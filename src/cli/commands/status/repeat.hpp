// SPDX-License-Identifier: Apache-2.0
// Doing something again and again until the user has seen enough.
#pragma once

#include <functional>

namespace sealwax::cli {

/// Calls `round` every `seconds`, its output after a line with the time: on a terminal on a screen
/// of its own, elsewhere below what there is. Returns the last round's code on SIGINT or SIGTERM,
/// which do not cut a round short, and where the output cannot be written.
[[nodiscard]] int repeat_until_stopped(double seconds, const std::function<int()>& round);

} // namespace sealwax::cli
