// SPDX-License-Identifier: Apache-2.0
// A library with something in every region: code, constants, pointers in RELRO, and data.
static int counter = 1;
static const int constant = 41;

// Hidden, so that the way to it does not lead through the GOT, which is RELRO itself.
__attribute__((visibility("hidden"))) extern const int* const pointers[2];
const int* const pointers[2] = {&constant, &counter};

const int* plain_pointer(int index);
const int* plain_pointer(int index) {
  return pointers[index];
}

int plain_answer(void);
int plain_answer(void) {
  return *plain_pointer(0) + *plain_pointer(1);
}
