// SPDX-License-Identifier: Apache-2.0
// Runs code that it has written to its own stack, or to a thread's: it is linked such that the
// kernel makes the one executable, and the C library the other.
#include "gain_code.h"

#include <pthread.h>

static void* run_on_stack(void* answered) {
  unsigned char on_stack[sizeof code];
  *(int*)answered = run_at(filled(on_stack));
  return NULL;
}

int main(int count, char** arguments) {
  (void)arguments;
  int answered = 1;
  pthread_t thread;
  if (count == 1) {
    run_on_stack(&answered);
  } else if (pthread_create(&thread, NULL, run_on_stack, &answered) == 0) {
    pthread_join(thread, NULL);
  }
  return answered;
}
