// SPDX-License-Identifier: Apache-2.0
// Asks whichever `answer` the loader finds.
extern int answer(void);
int asked(void);
int asked(void) {
  return answer();
}
