// SPDX-License-Identifier: Apache-2.0
// What a command line of `sealwax run` comes to, where it is one that this program can do.
#pragma once

#include "start/policy.hpp"
#include "start/startup.hpp"

#include <climits>

namespace sealwax::start {

struct Launch {
  char** command = nullptr;        ///< PROGRAM and its arguments
  char program[PATH_MAX] = {};     ///< as it is executed
  char preload[2 * PATH_MAX] = {}; ///< LD_PRELOAD=..., for what it executes in turn
  Wanted wanted;
};

/// False: it is not for this program. Whatever there is to say about it, the tool does.
[[nodiscard]] bool understand(const Startup& startup, Launch& launch);

} // namespace sealwax::start
