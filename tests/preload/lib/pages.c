// SPDX-License-Identifier: Apache-2.0
// A library with a block of its own in each region for many calls: what one does to a block says
// nothing about the next.
#include "pages.h"

#define TEXT(of) #of
#define VALUE(of) TEXT(of)
// A pointer needs relocating, which is why the loader cannot have it in constants, but in RELRO.
__asm__(".pushsection .text\n"
        ".balign " VALUE(BLOCK) "\n"
                                ".hidden text_of_pages\n"
                                "text_of_pages: .skip " VALUE(BLOCK) " * " VALUE(
                                    BLOCKS) ", 0\n"
                                            ".popsection\n"
                                            ".pushsection .data.rel.ro, \"aw\"\n"
                                            ".balign " VALUE(
                                                BLOCK) "\n"
                                                       ".hidden relro_of_pages\n"
                                                       "relro_of_pages: .quad text_of_pages\n"
                                                       ".skip " VALUE(BLOCK) " * " VALUE(
                                                           BLOCKS) ", 0\n"
                                                                   ".popsection\n");
extern const char text_of_pages[];
extern const char relro_of_pages[];

static _Alignas(BLOCK) const char rodata_of_pages[BLOCK * BLOCKS] = {1};
static _Alignas(BLOCK) char data_of_pages[BLOCK * BLOCKS] = {1};

const char* pages_in(const char* region) {
  switch (region[0]) {
  case 't':
    return text_of_pages;
  case 'd':
    return data_of_pages;
  default:
    return region[1] == 'o' ? rodata_of_pages : relro_of_pages;
  }
}
