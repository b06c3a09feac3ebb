// SPDX-License-Identifier: Apache-2.0
// What a command line of `sealwax run` comes to, where it is one that this program can do.
#pragma once

#include "start/policy.hpp"
#include "start/startup.hpp"

#include <cstddef>

namespace sealwax::start {

/// What is longer is the tool's: here it would be one more page for each that is not.
inline constexpr std::size_t kMostPath = 255, kMostPreload = 511;

struct Launch {
  char** command = nullptr;            ///< PROGRAM and its arguments
  char program[kMostPath + 1] = {};    ///< as it is executed
  char preload[kMostPreload + 1] = {}; ///< LD_PRELOAD=..., for what it executes in turn
  Wanted wanted;
};

/// False: it is not for this program. Whatever there is to say about it, the tool does.
[[nodiscard]] bool understand(const Startup& startup, Launch& launch);

} // namespace sealwax::start
