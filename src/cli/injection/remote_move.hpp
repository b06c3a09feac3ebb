// SPDX-License-Identifier: Apache-2.0
// A process's memory moved, under its own addresses, to memory of its own.
#pragma once

#include "cli/injection/remote_sealing.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

/// Moves what of `seals` is to be moved, by way of `room`. What could not be is no longer to be
/// `moved` afterwards, and is not among them where it was that or nothing. Returns why, as
/// sentences.
[[nodiscard]] std::vector<std::string> move_remotely(std::vector<RemoteSeal>& seals, Room& room,
                                                     const Process& process, const Memory& memory,
                                                     RemoteCalls& calls);

} // namespace sealwax::cli
