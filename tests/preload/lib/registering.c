// SPDX-License-Identifier: Apache-2.0
// Registers with its host while it is loaded.
extern void host_add(void);
extern void host_remove(void);

__attribute__((constructor)) static void add(void) {
  host_add();
}
__attribute__((destructor)) static void take_away(void) {
  host_remove();
}
