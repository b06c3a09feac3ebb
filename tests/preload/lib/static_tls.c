// SPDX-License-Identifier: Apache-2.0
// Needs a piece of every thread's static block, of which a process has little to spare.
static __thread __attribute__((tls_model("initial-exec"))) char block[256] = {1};

int block_begins_with(void);
int block_begins_with(void) {
  return block[0];
}
