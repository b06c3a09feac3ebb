// SPDX-License-Identifier: Apache-2.0
// What the tool has to know about the processor that it is built for. A port is one more file here,
// with all that the others have, and one in outside/arch.
#pragma once

#include "outside/arch/arch.hpp"

#if defined(__x86_64__)
#include "cli/arch/x86_64.hpp"
#elif defined(__aarch64__)
#include "cli/arch/aarch64.hpp"
#else
#error "Sealwax does not know this processor: write src/cli/arch/PROCESSOR.hpp, beside aarch64.hpp"
#endif

namespace sealwax::cli {

namespace arch = outside::arch;

} // namespace sealwax::cli
