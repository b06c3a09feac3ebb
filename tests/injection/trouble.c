// SPDX-License-Identifier: Apache-2.0
/* Works at what whoever stops a process can get wrong, time and again; each answer is asserted.
   Ends with 0 when its input does, after a line with the number of rounds:

     trouble fork        its children work, and end
     trouble load FILE   loads and closes a library
     trouble trace       traces a child from call to call
     trouble stops       is stopped and continued by a child, which sees that it does */
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile long* rounds; /* shared with children */

static void is(const char* what, long answer, long wanted) {
  if (answer == wanted)
    return;
  printf("%s: %ld, %s\n", what, answer, strerror(errno));
  _exit(1);
}

static int goes_on(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  const int answer = poll(&input, 1, 0);
  is("poll", answer >= 0, 1);
  ++*rounds;
  return answer == 0;
}

static void fork_often(void) {
  int status = 0;
  do {
    const pid_t child = fork();
    if (child == 0) {
      const pid_t grandchild = vfork();
      if (grandchild == 0)
        _exit(4);
      _exit(waitpid(grandchild, &status, 0) == grandchild && WEXITSTATUS(status) == 4 ? 5 : 6);
    }
    is("waitpid", waitpid(child, &status, 0), child);
    is("the child", WEXITSTATUS(status), 5);
  } while (goes_on());
}

static void load_often(const char* file) {
  do {
    void* const library = dlopen(file, RTLD_NOW);
    is("dlopen", library != NULL, 1);
    is("dlsym", dlsym(library, "idle") != NULL, 1);
    is("dlclose", dlclose(library), 0);
  } while (goes_on());
}

/* The child's calls are as many as the stops that its tracer sees. */
static void trace(void) {
  enum { CALLS = 50, STOP_AT_CALL = SIGTRAP | 0x80 };
  do {
    int status = 0, stops = 0;
    const pid_t child = fork();
    if (child == 0) {
      raise(SIGSTOP);
      for (int i = 0; i < CALLS; ++i)
        getppid();
      _exit(5);
    }
    is("seize", ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESYSGOOD), 0);
    is("its stop", waitpid(child, &status, 0), child);
    is("kill", kill(child, SIGCONT), 0);
    while (ptrace(PTRACE_SYSCALL, child, 0, 0), is("wait", waitpid(child, &status, 0), child),
           WIFSTOPPED(status))
      stops += WSTOPSIG(status) == STOP_AT_CALL;
    is("the child", WEXITSTATUS(status), 5);
    is("two stops for each call", stops >= 2 * CALLS, 1);
  } while (goes_on());
}

static char state_of(pid_t pid) {
  char name[64], text[512] = "";
  snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
  FILE* const file = fopen(name, "r");
  is("its stat", file != NULL && fread(text, 1, sizeof text - 1, file) > 0, 1);
  fclose(file);
  return strrchr(text, ')')[2];
}

/* What is stopped does nothing until it is continued, and then goes on. */
static void stop_often(pid_t parent) {
  while (getppid() == parent) {
    kill(parent, SIGSTOP);
    while (getppid() == parent && state_of(parent) != 'T')
      usleep(100);
    const long before = *rounds;
    usleep(2000);
    if (*rounds != before) {
      puts("it goes on by itself");
      kill(parent, SIGKILL);
      _exit(1);
    }
    kill(parent, SIGCONT);
    while (getppid() == parent && *rounds == before) /* for ever, if it is stopped once more */
      usleep(100);
  }
  _exit(0);
}

static void be_stopped(void) {
  const pid_t self = getpid();
  if (fork() == 0)
    stop_often(self);
  const struct timespec little = {0, 1000000};
  do
    is("nanosleep", nanosleep(&little, NULL), 0);
  while (goes_on());
}

int main(int count, char** arguments) {
  setvbuf(stdout, NULL, _IONBF, 0);
  rounds = mmap(NULL, sizeof *rounds, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  puts("waiting");
  if (strcmp(arguments[1], "fork") == 0)
    fork_often();
  else if (strcmp(arguments[1], "load") == 0 && count == 3)
    load_often(arguments[2]);
  else if (strcmp(arguments[1], "trace") == 0)
    trace();
  else
    be_stopped();
  printf("%ld\n", *rounds);
  return 0;
}
