// SPDX-License-Identifier: Apache-2.0
// What was loaded since.
#pragma once

#include "model/range.hpp"

namespace sealwax::shim {

/// When what the policy wants pinned is: that takes a dlopen, which runs the constructors of a
/// library that is half loaded where a signal handler has interrupted its load to look a symbol up.
enum class Pinning { now, later };

/// Seals what is ready, that is relocated with all of its load group, and buries what is gone. Does
/// nothing, and takes no lock on glibc, where nothing has come or gone. Not in a forked child (see
/// Loader).
void seal_late_objects(Pinning pinning);

/// Likewise from the load hook, in a forked child too. `init` lies in the object whose _init
/// called: that one is a new load, even where another was at its place before.
void seal_new_load(Address init);

} // namespace sealwax::shim
