// SPDX-License-Identifier: Apache-2.0
// The start of the shim's life in a process.
#pragma once

namespace sealwax::shim {

/// Reads the policy, seals what is loaded, and says once what could not be done. Runs in the main
/// thread, before any constructor and before the program's first instruction.
void initialise();

} // namespace sealwax::shim
