// From what is loaded to what is to be sealed now.
#pragma once

#include "model/slice.hpp"
#include "shim/loader.hpp"
#include "shim/maps.hpp"
#include "shim/sealer.hpp"
#include "shim/state.hpp"

namespace sealwax::shim {

/// Seals what was loaded before the program's first instruction, this library first. `draft` is
/// what `frozen` will hold: it is written into this library's RELRO on the way. Returns what could
/// not be done.
SealFailures seal_startup_objects(const Frozen& draft, const Startup& startup, Maps& maps);

/// Seals what was loaded since the last scan, as far as it is ready: relocated, and its load group
/// pinned. Does nothing, and takes no lock for longer than a look at the counters, where nothing is
/// new. Not in a forked child, but from the load hook.
void seal_late_objects();

} // namespace sealwax::shim
