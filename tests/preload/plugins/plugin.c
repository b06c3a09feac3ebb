// SPDX-License-Identifier: Apache-2.0
// A plugin that knows its number.
int plugin_number(void);
int plugin_number(void) {
  return NUMBER;
}
