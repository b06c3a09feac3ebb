// SPDX-License-Identifier: Apache-2.0
// Files: those that the program writes, for itself or for somebody else to start, one that was open
// when it started, and those that want stacks that are code.
#include "gain_code.h"
#include "names.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void* file_executed(void) {
  const int written = open("new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  if (copy_of_itself(written) < 0) {
    return NULL;
  }
  close(written);
  return executed(open("new", O_PATH));
}

void try_files(void) {
  TRY(file_that_was_written);
  TRY(file_executed);
}

/// By the link that it has in /proc, which leads to the mount that it was opened in.
static int handed_in = -1;

static bool emptied(int file) {
  return ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0;
}

static void* handed_in_file_mapped(void) {
  return emptied(STDERR_FILENO) && write(STDERR_FILENO, code, sizeof code) == sizeof code
             ? mapped(rx, MAP_PRIVATE, handed_in)
             : NULL;
}

static void* handed_in_file_executed(void) {
  return executed(handed_in);
}

void try_file_handed_in(void) {
  handed_in = open("/proc/self/fd/2", O_RDONLY);
  TRY(handed_in_file_mapped);
  if (emptied(STDERR_FILENO) && copy_of_itself(STDERR_FILENO) == STDERR_FILENO) {
    fchmod(STDERR_FILENO, 0700);
  }
  close(STDERR_FILENO); // what is open for writing is not executed
  TRY(handed_in_file_executed);
}

static bool ends_well(const char* program, const char* script) {
  const pid_t child = fork();
  if (child == 0) {
    execlp(program, program, "-q", "--collect", "/bin/bash", "-c", script, NULL);
    _exit(1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// What the script has left at `path`, for which it may take ten seconds; 0: nothing.
static int number_left_at(const char* path) {
  int number = 0;
  for (int i = 0; i < 100 && number == 0; ++i) {
    usleep(100000);
    FILE* const file = fopen(path, "r");
    if (file != NULL && fscanf(file, "%d", &number) != 1) {
      number = 0;
    }
    if (file != NULL) {
      fclose(file);
    }
  }
  unlink(path);
  return number;
}

/// Outside of the unit, as root has it started.
static void* program_that_systemd_starts(void) {
  const char* const folder = getenv("STATE_DIRECTORY");
  char path[1024], ended[1040], script[4096];
  snprintf(path, sizeof path, "%s/started", folder == NULL ? "." : folder);
  snprintf(ended, sizeof ended, "%s.ended", path);
  snprintf(script, sizeof script, "(exec -a answer '%s'); echo $? >'%s'", path, ended);
  const int written = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  if (copy_of_itself(written) >= 0) {
    close(written);
    if (ends_well("systemd-run", script)) {
      _exit(number_left_at(ended));
    }
  }
  return NULL;
}

void try_service_manager(void) {
  TRY(program_that_systemd_starts);
}

static const char* beside_this(const char* name) {
  static char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 64);
  path[size > 0 ? size : 0] = '\0';
  char* const slash = strrchr(path, '/');
  if (slash != NULL) {
    strcpy(slash + 1, name);
  }
  return path;
}

/// The loader makes the stacks executable for it (glibc before 2.41).
static void* stack_of_a_library_loaded_late(void) {
  unsigned char on_stack[sizeof code];
  if (dlopen(beside_this("libexecutable_stack.so"), RTLD_NOW) != NULL) {
    _exit(run_at(filled(on_stack)));
  }
  return NULL;
}

/// The kernel makes it.
static void* stack_of_another_program(void) {
  execl(beside_this("code_on_stack"), "code_on_stack", NULL);
  return NULL;
}

static void* stack_of_another_programs_thread(void) {
  execl(beside_this("code_on_stack"), "code_on_stack", "thread", NULL);
  return NULL;
}

/// What is not there is refused nothing.
static void expect_beside_this(const char* name) {
  if (access(beside_this(name), R_OK) != 0) {
    printf("%s is not there\n", name);
  }
}

void try_executable_stacks(void) {
  expect_beside_this("libexecutable_stack.so");
  expect_beside_this("code_on_stack");
  TRY(stack_of_a_library_loaded_late);
  TRY(stack_of_another_program);
  TRY(stack_of_another_programs_thread);
}
