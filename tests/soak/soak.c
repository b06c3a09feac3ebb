// SPDX-License-Identifier: Apache-2.0
// Eight threads at work in the loader: they open and close three hundred libraries in every way,
// make children of every kind, map memory, and come and go, while signals interrupt them whose
// handlers map memory and look symbols up. What a thread does in a round follows from its number
// and the round's alone, so that two runs of as many rounds say the same:
//
//     soak FOLDER seconds N       says how many rounds each thread made in that time
//     soak FOLDER rounds N...     makes as many
//
// Left out is what does not work bare: a dlopen in a child of a process with threads (fork does not
// free the loader's list), a look-up in a child of clone(2) (nobody frees any lock there), and
// static TLS (which runs out, and then it is a matter of time which library has it).
#include "kinds.h"
#include "maps.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef __GLIBC__
#define RTLD_DEEPBIND 0
#endif

enum { most_held = 6 };

typedef long (*function)(long);

/// What one thread has done, and has open.
struct worker {
  pthread_t thread;
  int number;
  bool by_time;
  long rounds;
  uint64_t random;
  uint64_t answers;  // of the libraries' functions
  uint64_t children; // what they ended with
  uint64_t present;  // what was open when it was asked for
  long loads;
  int numbers[most_held]; // of what is open
  void* handles[most_held];
  void* stack; // for children
};

static const char* folder;
static const char* program;
static struct timespec begun;
static long seconds;
static atomic_bool over;
static atomic_long constructed, destructed, faults;
static pthread_mutex_t one_namespace = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t together; // the workers and the main thread

enum { stack_size = 64 * 1024 };

static void fault(const char* what) {
  const char* const why = dlerror();
  atomic_fetch_add(&faults, 1);
  printf("fault: %s: %s\n", what, why == NULL ? strerror(errno) : why);
}

/// A handler's look-up waits for the loader's lock, and its holder can be waiting for what the
/// interrupted thread has: that very lock, which is taken before it says whose it is; malloc's (in
/// pthread_create, at the first use of a thread's variable, behind a load that failed); that of the
/// handlers of fork (for which dlclose looks). So bare it hangs now and then, unless it looks up
/// nothing there.
static _Thread_local volatile sig_atomic_t busy;

/// In here the thread has the loader's lock, and a handler can take it once more.
static void count_for(long number, long value, atomic_long* count) {
  const sig_atomic_t was_busy = busy;
  busy = 0;
  if (owner_of((int)number) != threads) {
    atomic_fetch_add(count, value);
  }
  if (number % 16 == 0) {
    raise(SIGUSR1);
  }
  busy = was_busy;
}

// Called by the libraries' constructors and destructors, and looked up by handlers.
void soak_constructed(long number, long value);
void soak_constructed(long number, long value) {
  count_for(number, value, &constructed);
}
void soak_destructed(long number, long value);
void soak_destructed(long number, long value) {
  count_for(number, value, &destructed);
}
long soak_program(long argument);
long soak_program(long argument) {
  return argument + 11;
}

static function as_function(void* symbol) {
  return (function)(uintptr_t)symbol;
}

static void* open_library(const char* path, int mode) {
  busy++;
  void* const handle = dlopen(path, mode);
  busy--;
  return handle;
}

static int close_library(void* handle) {
  busy++;
  const int result = dlclose(handle);
  busy--;
  return result;
}

static void* symbol_of(void* handle, const char* name) {
  busy++;
  void* const symbol = dlsym(handle, name);
  busy--;
  return symbol;
}

static bool find_address(void* address, Dl_info* found) {
  busy++;
  const int result = dladdr(address, found);
  busy--;
  return result != 0;
}

/// A number below `most`, by Knuth's generator (MMIX).
static int pick(struct worker* worker, int most) {
  worker->random = worker->random * 6364136223846793005U + 1442695040888963407U;
  return (int)((worker->random >> 33) % (unsigned)most);
}

static int library_of(struct worker* worker, int owner) {
  for (;;) {
    const int number = pick(worker, libraries);
    if (owner_of(number) == owner && can_be_loaded(kind_of(number))) {
      return number;
    }
  }
}

static void path_of(int number, char path[static 4096]) {
  snprintf(path, 4096, "%s/soak_%03d.so", folder, number);
}

/// What another library needs by name is never opened into the program's scope: which one of that
/// name is found would be a matter of time.
static int mode_for(struct worker* worker, enum kind kind) {
  const int when = pick(worker, 2) != 0 ? RTLD_NOW : RTLD_LAZY;
  const bool can_be_global = kind != needing_by_rpath && kind != needing_by_runpath;
  const int where = pick(worker, 4) == 0 && can_be_global ? RTLD_GLOBAL : RTLD_LOCAL;
  const bool binds_deep = pick(worker, 3) == 0 || kind == deep;
  return when | where | (binds_deep ? RTLD_DEEPBIND : 0);
}

static void call(struct worker* worker, void* handle) {
  const function value = as_function(symbol_of(handle, "soak_value"));
  if (value == NULL) {
    fault("dlsym");
    return;
  }
  busy++;
  worker->answers = worker->answers * 31 + (uint64_t)value(pick(worker, 100));
  busy--;
}

static void* load(struct worker* worker, int number) {
  char path[4096];
  path_of(number, path);
  void* const handle = open_library(path, mode_for(worker, kind_of(number)));
  if (handle == NULL) {
    fault("dlopen");
    return NULL;
  }
  worker->loads++;
  call(worker, handle);
  return handle;
}

static void drop(void* handle) {
  if (handle != NULL && close_library(handle) != 0) {
    fault("dlclose");
  }
}

static void swap_own(struct worker* worker) {
  const int place = pick(worker, most_held);
  drop(worker->handles[place]);
  worker->numbers[place] = library_of(worker, worker->number);
  worker->handles[place] = load(worker, worker->numbers[place]);
}

static void visit_shared(struct worker* worker) {
  drop(load(worker, library_of(worker, threads)));
}

static void ask_what_is_open(struct worker* worker) {
  char path[4096];
  for (int number = 0; number < libraries; number++) {
    if (owner_of(number) == worker->number) {
      path_of(number, path);
      void* const handle = open_library(path, RTLD_NOW | RTLD_NOLOAD);
      worker->present = worker->present * 3 + (handle != NULL);
      drop(handle);
    }
  }
  dlerror(); // the first frees nothing yet
  dlerror();
}

static void look_up(struct worker* worker) {
  void* const handle = worker->handles[pick(worker, most_held)];
  if (as_function(symbol_of(RTLD_DEFAULT, "soak_program")) != soak_program) {
    fault("dlsym of the program's");
  }
  if (handle == NULL) {
    return;
  }
  Dl_info found;
  void* const symbol = symbol_of(handle, "soak_value");
  if (symbol == NULL || !find_address(symbol, &found) || found.dli_saddr != symbol) {
    fault("dladdr");
    return;
  }
  const char* const number = strrchr(found.dli_fname, '_');
  worker->answers = worker->answers * 31 + (uint64_t)(number == NULL ? 0 : atoi(number + 1));
}

static void map_memory(struct worker* worker) {
  const size_t size = (size_t)(1 + pick(worker, 8)) * 4096;
  char* const pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    fault("mmap");
    return;
  }
  pages[size - 1] = 1;
  if (mprotect(pages, 4096, PROT_READ) != 0 || munmap(pages, size) != 0) {
    fault("mprotect or munmap");
  }
}

static void* live_shortly(void* argument) {
  struct worker* const worker = argument;
  visit_shared(worker);
  look_up(worker);
  pthread_exit(argument);
}

static void start_thread(struct worker* worker) {
  pthread_t thread;
  if ((errno = pthread_create(&thread, NULL, live_shortly, worker)) != 0) {
    fault("pthread_create");
    return;
  }
  pthread_join(thread, NULL);
}

static void await(struct worker* worker, pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    fault("a child");
    return;
  }
  worker->children = worker->children * 31 + (uint64_t)status;
}

static void fork_child(struct worker* worker) {
  void* const handle = worker->handles[pick(worker, most_held)];
  const pid_t child = fork();
  if (child == 0) {
    const function own = as_function(symbol_of(RTLD_DEFAULT, "soak_program"));
    const function value = handle == NULL ? own : as_function(symbol_of(handle, "soak_value"));
    _exit(own == NULL || value == NULL ? 127 : (int)((own(1) + value(2)) & 63));
  }
  await(worker, child);
}

static void clone_child(struct worker* worker) {
  void* const handle = worker->handles[pick(worker, most_held)];
  const function value =
      handle == NULL ? soak_program : as_function(symbol_of(handle, "soak_value"));
  const long answer = value(3);
  const pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) {
    _exit((int)((value(3) == answer ? answer : 0) & 63));
  }
  await(worker, child);
}

static void vfork_child(struct worker* worker) {
  const int code = pick(worker, 64);
  const pid_t child = vfork();
  if (child == 0) {
    _exit(code);
  }
  await(worker, child);
}

static int end_with(void* code) {
  _exit(*(int*)code);
}

static void clone_on_a_stack(struct worker* worker) {
  int code = pick(worker, 64);
  char* const top = (char*)worker->stack + stack_size;
  await(worker, clone(end_with, top, CLONE_VM | CLONE_VFORK | SIGCHLD, &code));
}

static void spawn_child(struct worker* worker) {
  extern char** environ;
  char number[16];
  snprintf(number, sizeof number, "%d", library_of(worker, threads));
  pid_t child;
  char* const words[] = {(char*)(uintptr_t)program, (char*)(uintptr_t)folder,
                         (char*)(uintptr_t)("child"), number, NULL};
  if ((errno = posix_spawn(&child, program, NULL, NULL, words, environ)) != 0) {
    fault("posix_spawn");
    return;
  }
  await(worker, child);
}

// One at a time: glibc has room for sixteen namespaces, and static TLS of libc's for four. No
// library that stays, and none that takes its loader from the program.
static void visit_namespace(struct worker* worker) {
#ifdef __GLIBC__
  char path[4096];
  int number = library_of(worker, threads);
  while (kind_of(number) == staying || kind_of(number) == tls) {
    number = library_of(worker, threads);
  }
  path_of(number, path);
  pthread_mutex_lock(&one_namespace);
  busy++;
  void* const handle = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
  busy--;
  if (handle == NULL) {
    fault("dlmopen");
  } else {
    worker->loads++;
    call(worker, handle);
    drop(handle);
  }
  pthread_mutex_unlock(&one_namespace);
#else
  (void)worker;
#endif
}

static const struct task {
  int share;
  bool is_busy; // from its beginning to its end
  void (*run)(struct worker* worker);
} tasks[] = {
    {40, false, swap_own},   {10, false, visit_shared},   {4, false, look_up},
    {4, false, map_memory},  {2, true, start_thread},     {2, true, fork_child},
    {2, false, clone_child}, {2, false, vfork_child},     {2, false, clone_on_a_stack},
    {1, true, spawn_child},  {1, false, visit_namespace}, {1, true, ask_what_is_open},
};
enum { task_count = sizeof tasks / sizeof *tasks, shares = 71 };

static void make_round(struct worker* worker) {
  int share = pick(worker, shares);
  for (int i = 0; i < task_count; i++) {
    share -= tasks[i].share;
    if (share < 0) {
      busy += tasks[i].is_busy;
      tasks[i].run(worker);
      busy -= tasks[i].is_busy;
      return;
    }
  }
}

static long seconds_since_begun(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec - begun.tv_sec - (now.tv_nsec < begun.tv_nsec);
}

static void* work(void* argument) {
  struct worker* const worker = argument;
  long made = 0;
  while (worker->by_time ? seconds_since_begun() < seconds : made < worker->rounds) {
    make_round(worker);
    made++;
  }
  worker->rounds = made;
  for (int i = 0; i < most_held; i++) {
    drop(worker->handles[i]);
  }
  pthread_barrier_wait(&together); // signals are sent until all are here
  pthread_barrier_wait(&together);
  return NULL;
}

static void handle(int signal) {
  (void)signal;
  const int error = errno;
  void* const page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || munmap(page, 4096) != 0 ||
      (busy == 0 && as_function(dlsym(RTLD_DEFAULT, "soak_program")) != soak_program)) {
    atomic_fetch_add(&faults, 1);
  }
  errno = error;
}

static void* send_signals(void* argument) {
  struct worker* const workers = argument;
  const struct timespec pause = {0, 2000000};
  for (int i = 0; !atomic_load(&over); i++) {
    pthread_kill(workers[i % threads].thread, SIGUSR1);
    nanosleep(&pause, NULL);
  }
  return NULL;
}

static int be_child(int number) {
  struct worker worker = {.random = (uint64_t)number};
  void* const handle = load(&worker, number);
  drop(handle);
  return handle == NULL ? 1 : (int)(worker.answers & 63);
}

static void take_words(struct worker* workers, int count, char** words) {
  const bool by_time = strcmp(words[2], "seconds") == 0;
  seconds = by_time ? atol(words[3]) : 0;
  for (int i = 0; i < threads; i++) {
    workers[i] = (struct worker){.number = i,
                                 .by_time = by_time,
                                 .random = (uint64_t)i * 977 + 1,
                                 .stack = malloc(stack_size)};
    if (!by_time && i + 3 < count) {
      workers[i].rounds = atol(words[i + 3]);
    }
  }
}

static void say_results(const struct worker* workers) {
  long loads = 0;
  printf("rounds");
  for (int i = 0; i < threads; i++) {
    printf(" %ld", workers[i].rounds);
    loads += workers[i].loads;
  }
  printf("\nloads %ld\n", loads);
  for (int i = 0; i < threads; i++) {
    printf("thread %d: answers %016llx, children %016llx\n", i,
           (unsigned long long)workers[i].answers, (unsigned long long)workers[i].children);
  }
  printf("constructed %ld, destructed %ld, open", atomic_load(&constructed),
         atomic_load(&destructed));
  for (int i = 0; i < threads; i++) {
    printf(" %016llx", (unsigned long long)workers[i].present);
  }
  const bool is_there = dlsym(RTLD_DEFAULT, "sealwax_shim_has_sealed") != NULL;
  printf("\nits own code: %s, Sealwax: %s\n", seal_of((const void*)(uintptr_t)say_results),
         is_there ? "there" : "not there");
}

int main(int count, char** words) {
  static struct worker workers[threads];
  if (count < 4) {
    return 2;
  }
  program = words[0];
  folder = words[1];
  const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  if (strcmp(words[2], "child") == 0) {
    return be_child(atoi(words[3]));
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  clock_gettime(CLOCK_MONOTONIC, &begun);
  take_words(workers, count, words);
  pthread_barrier_init(&together, NULL, threads + 1);
  for (int i = 0; i < threads; i++) {
    pthread_create(&workers[i].thread, NULL, work, &workers[i]);
  }
  pthread_t sender;
  pthread_create(&sender, NULL, send_signals, workers);
  pthread_barrier_wait(&together);
  atomic_store(&over, true);
  pthread_join(sender, NULL);
  pthread_barrier_wait(&together);
  for (int i = 0; i < threads; i++) {
    pthread_join(workers[i].thread, NULL);
  }
  say_results(workers);
  return atomic_load(&faults) == 0 ? 0 : 1;
}
