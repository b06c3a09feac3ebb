// SPDX-License-Identifier: Apache-2.0
// What plain.c has become when it is built again.
int plain_answer(void);
int plain_answer(void) {
  return 43;
}
