// SPDX-License-Identifier: Apache-2.0
// A word in the code that holds its own address, which ld.so has to write there.
#define STRING(name) #name
#define WORD_HOLDING_ITS_OWN_ADDRESS(name)                                                         \
  __asm__(".pushsection .text\n .balign 8\n .globl " STRING(name) "\n .type " STRING(              \
      name) ", %object\n .size " STRING(name) ", 8\n" STRING(name) ":\n .quad " STRING(name) "\n"  \
                                                                                             ".po" \
                                                                                             "pse" \
                                                                                             "cti" \
                                                                                             "on")
WORD_HOLDING_ITS_OWN_ADDRESS(NAME);
