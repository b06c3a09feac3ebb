// SPDX-License-Identifier: Apache-2.0
// Telling what could not be done.
#pragma once

#include "shim/kernel/message.hpp"
#include "shim/seal/seal_request.hpp"

namespace sealwax::shim {

class Maps;

[[nodiscard]] Message describe(const SealFailures& failures);

/// Tells what a late load left undone: once a process, and counts from then on. The caller knows
/// that no filter came since start-up.
void tell_incomplete(Maps& maps, const SealFailures& failures);

} // namespace sealwax::shim
