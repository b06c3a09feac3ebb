// SPDX-License-Identifier: Apache-2.0
// With everything sealed, no new code, and death for the first refused call, what programs usually
// do goes on as before. (Moving the code of libraries that lie in memory would be new code.)
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   seal = all
//   exec-gain = deny
//   text = in-place
//   on-refused = kill
//   report-to = stderr
// with the shim or without it, exit 0:
//   heap: done
//   threads: done
//   deep stack: done
//   libraries: done
//   names and character sets: done
//   children: done
//   signals: done
//   output: 12 1970-01-01
#include "raw.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <iconv.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void tell(const char* what, bool done) {
  printf("%s: %s\n", what, done ? "done" : "not done");
}

static bool use_heap(void) {
  char* blocks[100];
  for (size_t i = 0; i < 100; i++) {
    blocks[i] = malloc(i * i * 100 + 1);
    blocks[i][i] = 1;
  }
  for (size_t i = 0; i < 100; i++) {
    blocks[i] = realloc(blocks[i], (100 - i) * 1000);
    free(blocks[i]);
  }
  return true;
}

static _Thread_local int own;

static void* as_a_thread(void* sum) {
  own++;
  free(malloc(1 << 20));
  __atomic_add_fetch((int*)sum, own, __ATOMIC_RELAXED);
  return NULL;
}

static bool use_threads(void) {
  int sum = 0;
  pthread_t threads[20];
  for (size_t i = 0; i < 20; i++) {
    pthread_create(&threads[i], NULL, as_a_thread, &sum);
  }
  for (size_t i = 0; i < 20; i++) {
    pthread_join(threads[i], NULL);
  }
  return sum == 20;
}

static __attribute__((noinline)) int dig(int depth) {
  volatile char frame[4096];
  frame[0] = (char)depth;
  return depth == 0 ? frame[0] : dig(depth - 1) + frame[0] - (char)depth;
}

static bool use_libraries(void) {
  for (int i = 0; i < 10; i++) {
    void* const library = dlopen("libplain.so", RTLD_NOW);
    if (library == NULL || dlsym(library, "plain_answer") == NULL || dlclose(library) != 0) {
      return false;
    }
  }
  return true;
}

static bool use_names(void) {
  const iconv_t converter = iconv_open("UTF-16", "ISO-8859-15");
  return getpwnam("root") != NULL && converter != (iconv_t)-1 && iconv_close(converter) == 0;
}

static bool use_children(void) {
  int status = 1;
  const pid_t forked = fork();
  if (forked == 0) {
    exit(use_heap() && use_threads() ? 0 : 1);
  }
  waitpid(forked, &status, 0);
  char* arguments[] = {"true", NULL};
  pid_t spawned;
  int other = posix_spawnp(&spawned, "true", NULL, NULL, arguments, environ);
  waitpid(spawned, &other, 0);
  return status == 0 && other == 0;
}

static volatile sig_atomic_t caught;

static void on_signal(int number) {
  caught = number;
}

static bool use_signals(void) {
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
  return caught == SIGUSR1;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  tell("heap", use_heap());
  tell("threads", use_threads());
  tell("deep stack", dig(1500) == 0);
  tell("libraries", use_libraries());
  tell("names and character sets", use_names());
  tell("children", use_children());
  tell("signals", use_signals());
  char day[16];
  const time_t epoch = 0;
  strftime(day, sizeof day, "%F", gmtime(&epoch));
  printf("output: %d %s\n", atoi("12"), day);
}
