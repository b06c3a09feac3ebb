// SPDX-License-Identifier: Apache-2.0
// Which process a descriptor of pidfd_open(2) stands for.
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Whether a process descriptor stands for this process; false where that cannot be told.
[[nodiscard]] bool is_this_process(Kernel& kernel, int descriptor);

} // namespace sealwax::shim
