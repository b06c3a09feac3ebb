// SPDX-License-Identifier: Apache-2.0
// How the loader comes to call this library while a program loads others. There are two ways, and
// src/shim/kernel/arch/meson.build says which one an architecture has.
#pragma once

#include "model/range.hpp"

namespace sealwax::shim {

/// To be called when the loader has relocated and protected a whole load group and has run no
/// constructor of it yet. `inside` lies in one of its objects.
void at_new_load(Address inside);

} // namespace sealwax::shim
