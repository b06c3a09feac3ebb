// SPDX-License-Identifier: Apache-2.0
// What was loaded before the program's first instruction.
#pragma once

#include "shim/seal/object/sealing_pass.hpp"

namespace sealwax::shim {

/// Seals it, this library first. `draft` is what `frozen` will hold: it is written into this
/// library's RELRO on the way, and takes up the program's path where its text is moved. Returns
/// what could not be done.
SealFailures seal_startup_objects(const ListLocked&, Frozen& draft, Maps& maps);

} // namespace sealwax::shim
