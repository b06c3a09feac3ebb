// SPDX-License-Identifier: Apache-2.0
// Says which of several it is.
int answer(void);
int answer(void) {
  return ANSWER;
}
