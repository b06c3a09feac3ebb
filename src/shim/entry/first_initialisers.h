/* SPDX-License-Identifier: Apache-2.0 */
/* How many first initialisers can be held back at once, for C++ and for the assembler's thunks: as
   many as one load may bring. What comes beyond that is sealed at the next look. */
#pragma once

#define SEALWAX_THUNKS 256
#if defined(__riscv)
#define SEALWAX_THUNK_SIZE 4
#else
#define SEALWAX_THUNK_SIZE 8
#endif
