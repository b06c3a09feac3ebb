// SPDX-License-Identifier: Apache-2.0
// A process's memory moved, under its own addresses, to memory of its own.
#pragma once

#include "outside/calls/remote_calls.hpp"
#include "outside/seal/remote_seal.hpp"

namespace sealwax::outside {

/// Moves what of `seals` is to be moved, by way of `room`. What could not be is no longer to be
/// `moved` afterwards, and has no range where it was that or nothing. Tells the site why.
void move_remotely(Slice<RemoteSeal> seals, Slice<std::byte> room, SealingSite& site,
                   RemoteCalls& calls);

} // namespace sealwax::outside
