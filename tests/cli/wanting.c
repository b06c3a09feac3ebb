// SPDX-License-Identifier: Apache-2.0
/* Needs a symbol that no library has. */
int nobody_has_this(void);
int sealwax_test_wanting(void) {
  return nobody_has_this();
}
