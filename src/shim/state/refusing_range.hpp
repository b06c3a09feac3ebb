// SPDX-License-Identifier: Apache-2.0
// Which range of the tables a memory call runs into.
#pragma once

#include "model/report/refusal.hpp"
#include "shim/state/range_table.hpp"

namespace sealwax::shim {

/// The range of this kind for which sealing refuses the call, or would; null: there is none. No
/// lock and no system call.
[[nodiscard]] const NamedRange* range_refusing(const MemoryCall& call, NamedRange::Kind kind);

/// Whether this library has sealed what is at `at`. No lock and no system call.
[[nodiscard]] bool has_sealed(Address at);

} // namespace sealwax::shim
