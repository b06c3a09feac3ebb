// What was loaded since.
#pragma once

namespace sealwax::shim {

/// Seals it, as far as it is ready: relocated, and its load group pinned. Does nothing, and takes
/// the list lock only to look at the counters, where nothing is new. In a forked child it may be
/// called from the load hook only (see Loader).
void seal_late_objects();

} // namespace sealwax::shim
