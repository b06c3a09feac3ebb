// SPDX-License-Identifier: Apache-2.0
// What was given to execve need not be the program's file: it may be a script, or a descriptor.
//
// with the shim, exit 0:
//   interpreter of a script in memory: as by its path
//   interpreter of a script of a script: as by its path
//   copy in memory, by a path: private
//   copy in memory, by a descriptor that is closed: private
// without it, exit 0:
//   interpreter of a script in memory: as by its path
//   interpreter of a script of a script: as by its path
//   copy in memory, by a path: in its file
//   copy in memory, by a descriptor that is closed: in its file
#include "objects.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char** environ;

static const char* const kWords[] = {"in its file", "private"};

static int memory_file(const char* bytes, size_t size, unsigned flags) {
  const int file = memfd_create("program", flags);
  if (write(file, bytes, size) != (ssize_t)size)
    exit(2);
  return file;
}

static int script_for(const char* interpreter) {
  char text[512];
  const int size = snprintf(text, sizeof text, "#!%s tell\n", interpreter);
  return memory_file(text, (size_t)size, 0);
}

static int copy_of_itself(unsigned flags) {
  static char bytes[1 << 20];
  const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const ssize_t size = read(from, bytes, sizeof bytes);
  close(from);
  return memory_file(bytes, (size_t)size, flags);
}

/// What a child says of itself that is started by `path`, or by the descriptor where that is null.
static const char* place_when_started(const char* path, int descriptor) {
  const pid_t child = fork();
  if (child == 0) {
    char* arguments[] = {"program", "tell", NULL};
    if (path != NULL)
      execve(path, arguments, environ);
    else
      fexecve(descriptor, arguments, environ);
    _exit(2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) < 2 ? kWords[WEXITSTATUS(status)] : "not told";
}

static char* path_of(int descriptor) {
  char* path = malloc(64);
  snprintf(path, 64, "/proc/self/fd/%d", descriptor);
  return path;
}

int main(int count, char** arguments) {
  if (count > 1 && strcmp(arguments[1], "tell") == 0) {
    const struct object object = object_named("main");
    return tallies_of(&object).text.anonymous != 0;
  }
  const char* const by_path = place_when_started(arguments[0], -1);
  const int script = script_for(arguments[0]);
  const char* place = place_when_started(path_of(script), -1);
  say("interpreter of a script in memory: ", strcmp(place, by_path) == 0 ? "as by its path" : place,
      "\n");
  place = place_when_started(path_of(script_for(path_of(script))), -1);
  say("interpreter of a script of a script: ",
      strcmp(place, by_path) == 0 ? "as by its path" : place, "\n");
  say("copy in memory, by a path: ", place_when_started(path_of(copy_of_itself(0)), -1), "\n");
  say("copy in memory, by a descriptor that is closed: ",
      place_when_started(NULL, copy_of_itself(MFD_CLOEXEC)), "\n");
}
