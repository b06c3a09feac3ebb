// SPDX-License-Identifier: Apache-2.0
// A set-user-ID program that its caller, nobody, starts in whatever circumstances he can make. Each
// line says what became of the policy, which asks for data too: whether the program, where it
// started, had its text and data sealed and its RELRO moved. The effect is asked of the kernel by
// bare calls, since a circumstance may leave no descriptor and no /proc.
#include "objects.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { nobody = 65534, looked = 64, text_sealed = 1, relro_moved = 2, data_sealed = 4 };
enum { all_sealed = looked | text_sealed | relro_moved | data_sealed };

static int data = 1;

static bool is_refused(long number, const void* at, long what) {
  return raw3(number, page_of((uintptr_t)at), page_size(), what) == -EPERM;
}

static void say_what_holds(void) {
  const struct object libc = object_named("libc");
  const struct extent tables = relro_of(&libc);
  int state = looked;
  state |= is_refused(SYS_mprotect, text_of(&libc), PROT_READ | PROT_EXEC); // what it has
  state |= is_refused(SYS_mprotect, &data, PROT_READ | PROT_WRITE) ? data_sealed : 0;
  // Last, for it empties what libc lives on.
  state |= is_refused(SYS_madvise, (void*)tables.start, MADV_DONTNEED) ? relro_moved : 0;
  raw3(SYS_exit_group, state, 0, 0);
}

struct circumstance {
  const char* path;
  char* arguments[4];
  char** environment;
};

static int started, weakened;

/// What the caller does to himself first is `narrow(how)`.
static void start(struct circumstance* made, void (*narrow)(long), long how) {
  const pid_t child = fork();
  if (child == 0) {
    if (setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0) {
      raw3(SYS_exit_group, 1, 0, 0);
    }
    dup2(open("/dev/null", O_WRONLY), 2); // where the loader would say what it lacks
    if (narrow != NULL) {
      narrow(how);
    }
    execve(made->path, made->arguments, made->environment);
    raw3(SYS_exit_group, 0, 0, 0);
  }
  int status;
  waitpid(child, &status, 0);
  const int state = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  const bool is_started = state >= looked && state <= all_sealed; // 127 is the loader's
  started += is_started;
  weakened += is_started && state != all_sealed;
}

static void say_outcome(const char* what) {
  say(what, ": ",
      weakened != 0  ? "weakened"
      : started != 0 ? "as the policy says"
                     : "never started",
      "\n");
  started = weakened = 0;
}

static char* usual_environment[] = {"TERM=dumb", NULL};
static struct circumstance usual;

static int limited;    ///< RLIMIT_*
static bool soft_only; ///< so that anybody could raise it again

static void set_limit(long value) {
  struct rlimit limit;
  getrlimit(limited, &limit);
  limit.rlim_cur = (rlim_t)value;
  limit.rlim_max = soft_only ? limit.rlim_max : (rlim_t)value;
  setrlimit(limited, &limit);
}

static void try_limits(const char* name, int resource, long from, long to, long step) {
  limited = resource;
  for (long value = from; value <= to; value += step) {
    start(&usual, set_limit, value);
  }
  say_outcome(name);
}

static void try_memory_limits(void) {
  try_limits("RLIMIT_AS", RLIMIT_AS, 1L << 20, 6L << 20, 1L << 14);
  try_limits("RLIMIT_DATA", RLIMIT_DATA, 0, 1L << 18, 1L << 12);
}

static void close_up_to(long count) {
  for (int i = 0; i < count; i++) {
    close(i);
  }
}

/// All but so many descriptors are taken.
static void fill_but(long count) {
  const struct rlimit limit = {64, 64};
  setrlimit(RLIMIT_NOFILE, &limit);
  int last = 0;
  for (int next; (next = open("/dev/null", O_RDONLY)) >= 0;) {
    last = next;
  }
  for (; count > 0; count--) {
    close(last--);
  }
}

static void stand_in_a_removed_folder(long unused) {
  (void)unused;
  char folder[] = "/tmp/sealwax-XXXXXX";
  if (mkdtemp(folder) != NULL && chdir(folder) == 0) {
    rmdir(folder);
  }
}

static void ignore_signals(long unused) {
  (void)unused;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  for (int i = 1; i < NSIG; i++) {
    signal(i, SIG_IGN);
  }
}

static void deny_gain(long unused) {
  (void)unused;
  prctl(65 /* PR_SET_MDWE, Linux 6.3 */, 1, 0, 0, 0);
}

static void try_names(char* self) {
  struct circumstance other = usual;
  other.arguments[0] = NULL;
  start(&other, NULL, 0);
  other.arguments[0] = (char*)"/usr/bin/other";
  other.arguments[1] = (char*)"probe";
  start(&other, NULL, 0);
  say_outcome("another name in argv");
  other = usual;
  other.path = "link";
  if (symlink(self, "link") == 0) {
    start(&other, NULL, 0);
  }
  unlink("link");
  say_outcome("through a link");
}

static void try_environments(void) {
  FILE* const file = fopen("policy.conf", "w");
  fputs("sealwax-policy 1\n[defaults]\nmode = off\n", file);
  fclose(file);
  char folder[4096];
  char policy[5000];
  snprintf(policy, sizeof policy, "SEALWAX_POLICY=%s/policy.conf", getcwd(folder, sizeof folder));
  char* names[] = {policy, (char*)"LD_PRELOAD=/none.so", (char*)"LD_BIND_NOW=1",
                   (char*)"GLIBC_TUNABLES=glibc.rtld.execstack=2", NULL};
  struct circumstance other = usual;
  other.environment = names;
  start(&other, NULL, 0);
  unlink("policy.conf");
  char* nothing[] = {NULL};
  other.environment = nothing;
  start(&other, NULL, 0);
  say_outcome("environment");
}

static void try_long_arguments(void) {
  struct circumstance other = usual;
  for (size_t size = 1000; size < 131072; size += 8000) {
    char* const text = malloc(size + 1);
    memset(text, 'x', size);
    text[size] = 0;
    other.arguments[2] = text;
    limited = RLIMIT_STACK;
    start(&other, set_limit, 8L << 20);
    start(&other, set_limit, 600000);
    free(text);
  }
  say_outcome("long arguments");
}

int main(int count, char** words) {
  if (getenv("LC_ALL") == NULL) { // which the first of them has, and no other
    say_what_holds();
  }
  char self[4096];
  realpath(words[0], self);
  if (setresuid(0, 0, 0) != 0) { // who arranges the circumstances; each start is nobody's again
    return 1;
  }
  usual = (struct circumstance){self, {self, (char*)"probe", NULL}, usual_environment};
  if (count == 2) { // hard limits, which it takes a right to raise
    try_memory_limits();
    return 0;
  }
  start(&usual, NULL, 0);
  say_outcome("plainly");
  soft_only = true;
  try_memory_limits();
  soft_only = false;
  try_limits("RLIMIT_STACK", RLIMIT_STACK, 0, 1L << 18, 1L << 13);
  try_limits("RLIMIT_NOFILE", RLIMIT_NOFILE, 0, 12, 1);
  try_limits("RLIMIT_NPROC", RLIMIT_NPROC, 0, 2, 1);
  try_limits("RLIMIT_FSIZE", RLIMIT_FSIZE, 0, 2, 1);
  try_limits("RLIMIT_MEMLOCK", RLIMIT_MEMLOCK, 0, 8192, 4096);
  for (int i = 0; i <= 3; i++) {
    start(&usual, close_up_to, i);
  }
  say_outcome("closed descriptors");
  for (int i = 0; i <= 3; i++) {
    start(&usual, fill_but, i);
  }
  say_outcome("full descriptors");
  try_names(self);
  try_environments();
  start(&usual, stand_in_a_removed_folder, 0);
  say_outcome("removed folder");
  try_long_arguments();
  start(&usual, ignore_signals, 0);
  say_outcome("signals ignored");
  start(&usual, deny_gain, 0);
  say_outcome("no gain of execution");
}
