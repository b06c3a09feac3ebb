// SPDX-License-Identifier: Apache-2.0
// The version of this file, for whoever reads it without loading it (elf(5), "Notes").
#include "model/version.hpp"

#define TEXT_OF_(value) #value
#define TEXT_OF(value) TEXT_OF_(value)

// By the assembler: GCC would not make it a section of notes.
// clang-format off
asm(".pushsection .note.sealwax, \"a\", %note\n"
    ".balign 4\n"
    ".long 2f - 1f, 4f - 3f, " TEXT_OF(SEALWAX_NOTE_VERSION) "\n"
    "1: .asciz \"" SEALWAX_NOTE_OWNER "\"\n"
    "2: .balign 4\n"
    "3: .asciz \"" SEALWAX_VERSION "\"\n"
    "4: .balign 4\n"
    ".popsection\n");
// clang-format on
