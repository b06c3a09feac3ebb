// SPDX-License-Identifier: Apache-2.0
// Loads libraries that no linker has made, and says what came of each.
//
//   loading FILE...    loads them one after the other, in this process
//   loading            reads names, one a line, and loads each in a child of its own
//
// For each: `ended N` or `killed N`, and what it did until then.
#include <sys/mman.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kPatience = 5 }; // seconds

static char* done; // shared with children

static void note(const char* what, int answer) {
  sprintf(done + strlen(done), " %s %d", what, answer);
}

static void use(void* library) {
  int (*const plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  note("answer", plain_answer == NULL ? -1 : plain_answer());
}

/// Opened, used, closed and opened again; and another one, at whose load all are looked at anew.
static void load(const char* path) {
  void* const library = dlopen(path, RTLD_NOW);
  if (library == NULL) {
    note("refused", 0);
    return;
  }
  use(library);
  note("closed", dlclose(library));
  void* const again = dlopen(path, RTLD_NOW);
  if (again != NULL) {
    use(again);
  }
  void* const other = dlopen("libother_answer.so", RTLD_NOW);
  if (other != NULL) {
    use(other);
    note("closed", dlclose(other));
  }
  if (again != NULL) {
    use(again);
  }
}

static void load_in_child(const char* path) {
  done[0] = 0;
  const pid_t child = fork();
  if (child == 0) {
    alarm(kPatience);
    load(path);
    exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("%s %d%s\n", WIFEXITED(status) ? "ended" : "killed",
         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), done);
  fflush(stdout);
}

int main(int count, char** arguments) {
  done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char path[4096];
  if (done == MAP_FAILED) {
    return 1;
  }
  if (count > 1) {
    alarm(kPatience);
    for (int i = 1; i < count; i++) {
      load(arguments[i]);
    }
    printf("%s\n", done);
    return 0;
  }
  while (fgets(path, sizeof path, stdin) != NULL) {
    path[strcspn(path, "\n")] = 0;
    load_in_child(path);
  }
  return 0;
}
