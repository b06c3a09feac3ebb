// SPDX-License-Identifier: Apache-2.0
// Two megabytes of constants.
const char large[2 << 20] = {1};

int large_begins_with(void);
int large_begins_with(void) {
  return large[0];
}
