// SPDX-License-Identifier: Apache-2.0
/* A library of which nothing but code, constants and tables comes from its file. */
int sealwax_test_answer(void) {
  return 42;
}
