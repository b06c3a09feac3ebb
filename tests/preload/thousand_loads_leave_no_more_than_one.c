// SPDX-License-Identifier: Apache-2.0
// Opening and closing a pinned load group a thousand times costs no more mappings and no more
// anonymous memory than doing it once.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   dlopen = pin
// with the shim, exit 0:
//   1000 more cycles: as many mappings, as much anonymous memory
//   libgroup_top.so: sealed
// without it, exit 0:
//   1000 more cycles: as many mappings, as much anonymous memory
//   libgroup_top.so: not loaded
#include "objects.h"

#include <dlfcn.h>

struct census {
  size_t mappings;
  size_t anonymous_bytes;
};

static void count(const struct mapping* m, void* context) {
  struct census* census = context;
  census->mappings++;
  census->anonymous_bytes += m->anonymous ? m->end - m->start : 0;
}

static struct census take_census(void) {
  struct census census = {0};
  for_each_mapping(count, &census);
  return census;
}

static void cycle(int times) {
  for (int i = 0; i < times; i++) {
    void* top = dlopen("libgroup_top.so", RTLD_NOW);
    void* plain = dlopen("libplain.so", RTLD_NOW);
    if (top == NULL || plain == NULL || dlclose(plain) != 0 || dlclose(top) != 0) {
      say("failed: ", dlerror(), "\n");
      raw3(SYS_exit_group, 1, 0, 0);
    }
  }
}

int main(void) {
  cycle(5);
  const struct census before = take_census();
  cycle(1000);
  const struct census after = take_census();
  say("1000 more cycles: ",
      after.mappings == before.mappings ? "as many mappings, " : "other mappings, ",
      after.anonymous_bytes == before.anonymous_bytes ? "as much anonymous memory\n"
                                                      : "other anonymous memory\n");
  say_seals_of("libgroup_top.so");
}
