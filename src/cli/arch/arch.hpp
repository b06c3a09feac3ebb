// SPDX-License-Identifier: Apache-2.0
// What the tool has to know about the processor that it is built for. A port is one more file here,
// with all that the others have.
#pragma once

#if defined(__x86_64__)
#include "cli/arch/x86_64.hpp"
#elif defined(__aarch64__)
#include "cli/arch/aarch64.hpp"
#else
#error "Sealwax does not know this processor: write src/cli/arch/PROCESSOR.hpp, beside aarch64.hpp"
#endif
