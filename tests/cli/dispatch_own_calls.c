// SPDX-License-Identifier: Apache-2.0
/* Its first thread has every call of its own handed back to itself, and runs on without one until a
   line of input comes, as an emulator of other systems does. Ends with 3 when a call was handed
   back. */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
enum { ALLOW, BLOCK };

static volatile char selector = ALLOW;
static atomic_int input, handed_back;

static void* wait_for_input(void* unused) {
  input = getchar();
  return unused;
}

static void take_back(int number) {
  (void)number;
  selector = ALLOW;
  ++handed_back;
}

int main(void) {
  pthread_t thread;
  signal(SIGSYS, take_back);
  pthread_create(&thread, NULL, wait_for_input, NULL);
  if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector) != 0)
    return 1;
  puts("ready");
  fflush(stdout);
  selector = BLOCK;
  while (input == 0)
    ;
  syscall(SYS_getppid);
  return handed_back == 1 ? 3 : 1;
}
