// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shim/kernel/arch/arch.hpp"

namespace sealwax::shim {

/// Whether valgrind runs this program. It answers mseal with "no such call", after some lines of a
/// warning about it, and compiles in the same process: what denied new code there would end it.
inline bool under_valgrind() {
  constexpr unsigned long kRunningOnValgrind = 0x1001; // valgrind.h
  const unsigned long request[6] = {kRunningOnValgrind};
  return arch::ask_valgrind(request) != 0;
}

} // namespace sealwax::shim
