// SPDX-License-Identifier: Apache-2.0
/* The loader's functions by number, for C++ and for the assembler's stand-ins. */
#pragma once

#define SEALWAX_DLOPEN 0
#define SEALWAX_DLMOPEN 1
#define SEALWAX_DLSYM 2
