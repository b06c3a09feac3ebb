// SPDX-License-Identifier: Apache-2.0
// The one thing that the compilers' vector extension has no operator for.
#pragma once

#if defined(__x86_64__)
#include "model/arch/x86_64.hpp"
#elif defined(__aarch64__)
#include "model/arch/aarch64.hpp"
#else
#include "model/arch/portable.hpp"
#endif
