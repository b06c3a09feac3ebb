// SPDX-License-Identifier: Apache-2.0
// A service's program that no loader starts.
#include <unistd.h>

int main(void) {
  for (;;) {
    pause();
  }
}
