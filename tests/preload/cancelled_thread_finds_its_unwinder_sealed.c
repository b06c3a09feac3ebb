// SPDX-License-Identifier: Apache-2.0
// pthread_cancel loads libgcc_s in the thread that is cancelled.
//
// with the shim, exit 0:
//   cleaned up
//   cancelled
//   libgcc_s.so.1: sealed
// without it, exit 0:
//   cleaned up
//   cancelled
//   libgcc_s.so.1: open
#include "objects.h"

#include <pthread.h>
#include <unistd.h>

static void clean_up(void* nothing) {
  (void)nothing;
  say("cleaned up\n");
}

static void* wait_for_the_end(void* nothing) {
  pthread_cleanup_push(clean_up, NULL);
  for (;;) {
    pause();
  }
  pthread_cleanup_pop(0);
  return nothing;
}

int main(void) {
  pthread_t thread;
  void* result = NULL;
  pthread_create(&thread, NULL, wait_for_the_end, NULL);
  pthread_cancel(thread);
  pthread_join(thread, &result);
  say(result == PTHREAD_CANCELED ? "cancelled\n" : "returned\n");
  say_seals_of("libgcc_s.so.1");
}
