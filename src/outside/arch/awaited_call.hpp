// SPDX-License-Identifier: Apache-2.0
// A system call that a thread waits in.
#pragma once

#include "model/range.hpp"

#include <array>
#include <cstdint>

namespace sealwax::outside::arch {

struct AwaitedCall {
  long number = -1;
  std::array<std::uint64_t, 6> arguments{};
  Address stack_pointer = 0;
  Address behind = 0; ///< the instruction that made it
};

} // namespace sealwax::outside::arch
