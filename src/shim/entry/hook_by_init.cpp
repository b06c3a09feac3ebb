// SPDX-License-Identifier: Apache-2.0
// The load hook where crti.o has an _init.
#include "shim/entry/load_hook.hpp"

extern "C" {

/// Called by the _init of every object that is linked with crti.o, the loader having relocated and
/// protected its whole load group and run no constructor of it yet (glibc sysdeps/*/crti.S).
[[gnu::visibility("default")]] void __gmon_start__() {
  sealwax::shim::at_new_load(reinterpret_cast<sealwax::Address>(__builtin_return_address(0)));
}

} // extern "C"
