// SPDX-License-Identifier: Apache-2.0
// Makes a call that a seal refuses where little is allowed: the argument says where. The call asks
// for the protection that is there, so it does no harm where it goes through.
#include "names.h"
#include "objects.h"
#include "pages.h"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROTECT_AS_IT_IS mprotect(code, size, PROT_READ | PROT_EXEC)
#define TEN(of) of of of of of of of of of of

static void* code;
static size_t size;
static const char* reports; ///< the file that they go to, where they are to be counted

static __attribute__((noinline)) void protect(void) {
  const int before = errno;
  long result = PROTECT_AS_IT_IS;
  stay(result);
  errno = before;
}

static __attribute__((noinline)) void protect_from_ten_places(void) {
  TEN(PROTECT_AS_IT_IS;)
  __asm__ volatile(""); // so that the last call is no jump
}

static void say_count_of_reports(void) {
  FILE* const file = fopen(reports, "r");
  long lines = 0;
  for (int letter; file != NULL && (letter = fgetc(file)) != EOF;) {
    lines += letter == '\n';
  }
  say("reports: ", decimal(lines), "\n");
  remove(reports);
}

static void must(bool done) {
  if (!done) {
    say("cannot arrange that\n");
    _exit(1);
  }
}

static void on_signal(int number) {
  (void)number;
  protect();
}

/// With memory that must not be touched below the stack.
static void on_a_small_stack(void) {
  enum { small = 8192 }; // SIGSTKSZ
  const size_t page = page_size();
  char* const pages =
      mmap(NULL, page + next_page_of(small), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(mprotect(pages + page, next_page_of(small), PROT_READ | PROT_WRITE) == 0);
  const stack_t stack = {.ss_sp = pages + page, .ss_size = small};
  const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  must(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
  raise(SIGUSR1);
  say("back from the handler\n");
}

static void* as_a_thread(void* nothing) {
  protect();
  return nothing;
}

static void in_a_small_thread(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  must(pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN)) == 0);
  must(pthread_create(&thread, &attributes, as_a_thread, NULL) == 0);
  pthread_join(thread, NULL);
  say("the thread has ended\n");
}

static atomic_int ticks;

static void on_tick(int number) {
  (void)number;
  protect_from_ten_places();
  atomic_fetch_add(&ticks, 1);
}

static void while_one_is_being_told(void) {
  const struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
  const struct itimerval often = {{0, 200}, {0, 200}};
  must(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
  // Not so often that a million is reached, which would be told as well.
  for (long rounds = 0; atomic_load(&ticks) < 1000; rounds++) {
    if (rounds < 100 * 1000) {
      protect_from_ten_places();
    } else {
      pause();
    }
  }
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  say("a thousand handlers have run\n");
  say_count_of_reports();
}

static atomic_bool over;

static void* load_and_unload(void* name) {
  while (!atomic_load(&over)) {
    void* const library = dlopen(name, RTLD_NOW);
    if (library != NULL) {
      dlclose(library);
    }
    free(malloc(100 * 1000));
  }
  return NULL;
}

static void start_loaders(pthread_t threads[2]) {
  static char* const names[] = {"libstorm1.so", "libstorm2.so"};
  for (size_t i = 0; i < 2; i++) {
    must(pthread_create(&threads[i], NULL, load_and_unload, names[i]) == 0);
  }
}

static void end_loaders(pthread_t threads[2]) {
  atomic_store(&over, true);
  for (size_t i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
  }
}

/// Each child is a copy of a process whose threads are in the middle of something.
static void in_forked_children(void) {
  pthread_t threads[2];
  start_loaders(threads);
  long ended = 0;
  for (int i = 0; i < 200; i++) {
    const pid_t child = fork();
    if (child == 0) {
      protect();
      _exit(0);
    }
    int status = 1;
    waitpid(child, &status, 0);
    ended += status == 0;
  }
  end_loaders(threads);
  say("children that have ended: ", decimal(ended), "\n");
  say_count_of_reports();
}

static void beside_loads(void) {
  pthread_t threads[2];
  start_loaders(threads);
  protect_from_ten_places();
  for (int i = 0; i < 1000; i++) {
    protect();
  }
  end_loaders(threads);
  say_count_of_reports();
}

/// Their counts are not the parent's, who tells his own at his end.
static void with_children_that_end_too(void) {
  for (int i = 0; i < 5; i++) {
    protect();
  }
  for (int i = 0; i < 3; i++) {
    const pid_t child = fork();
    if (child == 0) {
      exit(0);
    }
    waitpid(child, NULL, 0);
  }
}

static int protect_in_callback(struct dl_phdr_info* info, size_t info_size, void* context) {
  (void)info;
  (void)info_size;
  (void)context;
  protect();
  return 1;
}

static void in_a_scan_of_the_loaded(void) {
  dl_iterate_phdr(protect_in_callback, NULL);
  say("the scan is over\n");
}

static void in_a_constructor(void) {
  void* const library = dlopen("libconfessor.so", RTLD_NOW);
  say(library != NULL ? "loaded\n" : "not loaded\n");
}

static const struct {
  const char* name;
  void (*go)(void);
} situations[] = {
    {"on a small stack", on_a_small_stack},
    {"in a small thread", in_a_small_thread},
    {"while one is being told", while_one_is_being_told},
    {"in forked children", in_forked_children},
    {"beside loads", beside_loads},
    {"with children that end too", with_children_that_end_too},
    {"in a scan of the loaded", in_a_scan_of_the_loaded},
    {"in a constructor", in_a_constructor},
};

int main(int count, char** words) {
  code = (void*)(uintptr_t)pages_in("text");
  size = page_size();
  let("code", (uintptr_t)code);
  let("page", size);
  reports = count > 2 ? words[2] : "";
  for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
    if (count > 1 && same_text(words[1], situations[i].name)) {
      situations[i].go();
      return 0;
    }
  }
  return 1;
}
