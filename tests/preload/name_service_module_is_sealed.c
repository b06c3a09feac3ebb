// SPDX-License-Identifier: Apache-2.0
// libc loads name service modules by itself, never through dlopen: the load hook sees them, before
// their constructors.
//
// with the shim, exit 0:
//   module's constructor, own text EPERM
//   found wax, uid 4711
//   libnss_wax.so.2: sealed
// without it, exit 0:
//   module's constructor, own text done
//   found wax, uid 4711
//   libnss_wax.so.2: open
#include "objects.h"

#include <nss.h>
#include <pwd.h>

int main(void) {
  __nss_configure_lookup("passwd", "wax");
  const struct passwd* entry = getpwnam("wax");
  if (entry == NULL) {
    return 1;
  }
  say("found ", entry->pw_name, ", uid ", decimal((long)entry->pw_uid), "\n");
  say_seals_of("libnss_wax.so.2");
}
