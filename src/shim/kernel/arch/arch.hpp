// SPDX-License-Identifier: Apache-2.0
// What differs between architectures: one header each, of the same names.
#pragma once

#if defined(__x86_64__)
#include "shim/kernel/arch/x86_64.hpp"
#elif defined(__aarch64__)
#include "shim/kernel/arch/aarch64.hpp"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#include "shim/kernel/arch/ppc64.hpp"
#elif defined(__s390x__)
#include "shim/kernel/arch/s390x.hpp"
#elif defined(__riscv) && __riscv_xlen == 64
#include "shim/kernel/arch/riscv64.hpp"
#elif defined(__loongarch64)
#include "shim/kernel/arch/loongarch64.hpp"
#else
#error "Write src/shim/kernel/arch/ARCH.hpp after the example of x86_64.hpp, and include it here"
#endif
