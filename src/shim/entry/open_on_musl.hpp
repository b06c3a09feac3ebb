// SPDX-License-Identifier: Apache-2.0
// dlopen where libc is musl. Its crti.o calls nobody, so that the load hook has to be brought
// along: a library is loaded as what a small object needs, whose other need, before it, is one that
// calls the hook (model/object/tiny_object). musl's dlopen does not look at who calls it.
#pragma once

#include "shim/loader/loader.hpp"

namespace sealwax::shim {

/// The program's dlopen: answers as `next` does, with what it has loaded sealed before its
/// initialisers, and where that is not to be had, before this returns.
[[nodiscard]] void* open_on_musl(Loader::Open next, const char* file, int flags);

} // namespace sealwax::shim
