// SPDX-License-Identifier: Apache-2.0
// A process sealed from outside: what its policy wants and nobody has sealed yet.
#pragma once

#include "outside/calls/remote_calls.hpp"
#include "outside/seal/remote_seal.hpp"

namespace sealwax::outside {

/// Does it, with room_for() it. What the kernel refuses is left as it is, and the site told why.
/// `seals` ascend, and are spent.
void seal_remotely(Slice<RemoteSeal> seals, Slice<std::byte> room, SealingSite& site,
                   RemoteCalls& calls);

} // namespace sealwax::outside
