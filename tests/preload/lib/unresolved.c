// SPDX-License-Identifier: Apache-2.0
// A library that needs another, and a function that nobody has.
extern int there_is_no_such_function(void);
extern int plain_answer(void);

int unresolved_answer(void);
int unresolved_answer(void) {
  return there_is_no_such_function() + plain_answer();
}
