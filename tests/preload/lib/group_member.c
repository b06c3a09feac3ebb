// SPDX-License-Identifier: Apache-2.0
// A member of a load group: NAME is its own, NEEDS that of the one that it calls, if any.
#include "group.h"

#define STRING_OF(name) #name
#define STRING(name) STRING_OF(name)

int NAME(void);
#ifdef NEEDS
extern int NEEDS(void);
int NAME(void) {
  return NEEDS() + 1;
}
#else
int NAME(void) {
  return 1;
}
#endif

#ifdef LOUD
__attribute__((constructor)) static void begin(void) {
  say_group(STRING(NAME) " begins");
}
__attribute__((destructor)) static void end(void) {
  say(STRING(NAME) " ends\n");
}
#endif
