// SPDX-License-Identifier: Apache-2.0
// The interface where something is in its way, each time in a process of its own.
//
// with the shim, exit 0:
//   sealed before, by somebody else: EBUSY, still writable
//   no memory left: ENOMEM, still writable
//   no memory left for sealwax_alloc: NULL, ENOMEM
//   no memory to be locked: EAGAIN, still writable
//   no memory to be locked for sealwax_alloc: NULL, EAGAIN
//   no descriptor left for sealwax_query: EMFILE, none, nobody
//   eight threads at once: 0 of 8 failed, data sealed by interface
//   in a signal handler: done, data sealed by interface
//   in a forked child: data sealed by interface, mprotect EPERM
//   in a small thread: data open, nobody
//   between a library's segments: gaps sealed by shim
//   mapped over: EPERM, gaps sealed by shim
// without it, exit 0:
//   sealed before, by somebody else: EBUSY, still writable
//   no memory left: ENOMEM, still writable
//   no memory left for sealwax_alloc: NULL, ENOMEM
//   no memory to be locked: EAGAIN, still writable
//   no memory to be locked for sealwax_alloc: NULL, EAGAIN
//   no descriptor left for sealwax_query: EMFILE, none, nobody
//   eight threads at once: 0 of 8 failed, data sealed by interface
//   in a signal handler: done, data sealed by interface
//   in a forked child: data sealed by interface, mprotect EPERM
//   in a small thread: data open, nobody
//   between a library's segments: gaps open, nobody
//   mapped over: done, other open, nobody
#include "attempts.h"
#include "objects.h"
#include "sealwax/sealwax.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <limits.h>
#include <pthread.h>

static SEALWAX_RO_AFTER_INIT char variable[10] = "initial";

extern int plain_answer(void);

static size_t page(void) {
  return (size_t)sysconf(_SC_PAGESIZE);
}

static void tell(const char* place, const void* address) {
  const struct sealwax_state state = sealwax_query(address);
  printf("%s%s %s %s", place, sealwax_region_name(state.region),
         state.sealed ? "sealed by" : "open,", sealwax_sealer_name(state.by));
}

static const char* still_writable(void) {
  variable[0] = 'w'; // a fault ends the test
  return variable[0] == 'w' ? "still writable" : "lost";
}

static void after_somebody_else(void) {
  raw3(SYS_mseal, variable, page(), 0);
  const int error = sealwax_seal_after_init();
  printf("sealed before, by somebody else: %s, %s\n", error_name(error), still_writable());
}

static void without_memory(void) {
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_AS, &none);
  const int error = sealwax_seal_after_init();
  printf("no memory left: %s, %s\n", error_name(error), still_writable());
  const void* const memory = sealwax_alloc(1);
  printf("no memory left for sealwax_alloc: %s, %s\n", memory == NULL ? "NULL" : "memory",
         error_name(errno));
}

/// Root may lock as much as it wants.
static void without_memory_to_lock(void) {
  const struct rlimit none = {0, 0};
  if (setresuid(65534, 65534, 65534) != 0 && geteuid() == 0) {
    return;
  }
  mlockall(MCL_FUTURE);
  setrlimit(RLIMIT_MEMLOCK, &none);
  const int error = sealwax_seal_after_init();
  printf("no memory to be locked: %s, %s\n", error_name(error), still_writable());
  const void* const memory = sealwax_alloc(1);
  printf("no memory to be locked for sealwax_alloc: %s, %s\n", memory == NULL ? "NULL" : "memory",
         error_name(errno));
}

static void without_a_descriptor(void) {
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_NOFILE, &none);
  const struct sealwax_state state = sealwax_query(variable);
  printf("no descriptor left for sealwax_query: %s, %s, %s\n", error_name(state.error),
         sealwax_region_name(state.region), sealwax_sealer_name(state.by));
}

static pthread_barrier_t start;

static void* seal_with_others(void* failed) {
  pthread_barrier_wait(&start);
  *(int*)failed = sealwax_seal_after_init() != 0;
  return NULL;
}

static void by_many_threads(void) {
  enum { count = 8 };
  pthread_t threads[count];
  int failed[count];
  int sum = 0;
  pthread_barrier_init(&start, NULL, count);
  for (int i = 0; i < count; i++) {
    pthread_create(&threads[i], NULL, seal_with_others, &failed[i]);
  }
  for (int i = 0; i < count; i++) {
    pthread_join(threads[i], NULL);
    sum += failed[i];
  }
  printf("eight threads at once: %d of %d failed", sum, count);
  tell(", ", variable);
  puts("");
}

static volatile int error_in_handler = -1;

static void seal_in_handler(int signal) {
  (void)signal;
  error_in_handler = sealwax_seal_after_init();
}

static void by_a_signal_handler(void) {
  signal(SIGUSR1, seal_in_handler);
  raise(SIGUSR1);
  printf("in a signal handler: %s", error_name(error_in_handler));
  tell(", ", variable);
  puts("");
}

static void in_a_forked_child(void) {
  sealwax_seal_after_init();
  if (fork() == 0) {
    tell("in a forked child: ", variable);
    printf(", mprotect %s\n", answer(raw3(SYS_mprotect, variable, page(), PROT_READ | PROT_WRITE)));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
}

static void* tell_in_thread(void* unused) {
  tell("in a small thread: ", variable);
  puts("");
  return unused;
}

static void in_a_small_thread(void) {
  pthread_attr_t small;
  pthread_t thread;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
  pthread_create(&thread, &small, tell_in_thread, NULL);
  pthread_join(thread, NULL);
}

/// The first page behind the segment that `inside` is in.
static char* behind_segment(const struct object* object, uintptr_t inside) {
  for (size_t i = 0; i < object->count; i++) {
    const struct extent pages = pages_of(object, &object->headers[i]);
    if (object->headers[i].p_type == PT_LOAD && pages.start <= inside && inside < pages.end) {
      return (char*)pages.end;
    }
  }
  return NULL;
}

static void between_segments(void) {
  const struct object library = object_named("libgaps.so");
  char* const gap = behind_segment(&library, (uintptr_t)&plain_answer);
  tell("between a library's segments: ", gap);
  void* const mapped = mmap(gap, page(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("\nmapped over: %s, ", mapped == gap ? "done" : error_name(errno));
  tell("", gap);
  puts("");
}

int main(void) {
  static void (*const moments[])(void) = {
      after_somebody_else,  without_memory,    without_memory_to_lock,
      without_a_descriptor, by_many_threads,   by_a_signal_handler,
      in_a_forked_child,    in_a_small_thread, between_segments};
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    fflush(stdout);
    if (fork() == 0) {
      moments[i]();
      fflush(stdout);
      _exit(0);
    }
    wait(NULL);
  }
}
