// SPDX-License-Identifier: Apache-2.0
// The policy that will hold in a program, where nothing is to be said of it.
#pragma once

#include "model/policy/policy_choice.hpp"
#include "outside/kernel/kernel_call.hpp"
#include "start/startup.hpp"

namespace sealwax::start {

/// What it wants of the process as a whole, and of the one object that a static program is.
struct Wanted {
  Settings process;
  Settings program;
};

/// For the program that is executed from `file`. False: it is bad, or there is something to be said
/// of it, or it is too long; the tool does that.
[[nodiscard]] bool read_policy(const Startup& startup, const outside::File& file, Wanted& wanted);

} // namespace sealwax::start
