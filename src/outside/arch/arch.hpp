// SPDX-License-Identifier: Apache-2.0
// What who traces a program has to know about its processor, the one that this is built for. A port
// is one more file here, with all that the others have.
#pragma once

#if defined(__x86_64__)
#include "outside/arch/x86_64.hpp"
#elif defined(__aarch64__)
#include "outside/arch/aarch64.hpp"
#else
#error                                                                                             \
    "Sealwax does not know this processor: write src/outside/arch/PROCESSOR.hpp, beside aarch64.hpp"
#endif
