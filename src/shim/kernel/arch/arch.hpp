// What differs between architectures: one header each.
#pragma once

#if defined(__x86_64__)
#include "shim/kernel/arch/x86_64.hpp"
#elif defined(__aarch64__)
#include "shim/kernel/arch/aarch64.hpp"
#else
#error "Sealwax knows the system calls of x86-64 and aarch64 only"
#endif
