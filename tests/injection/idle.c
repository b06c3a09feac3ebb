// SPDX-License-Identifier: Apache-2.0
/* A library that somebody loads. */
int idle(void);
int idle(void) {
  return 0;
}
