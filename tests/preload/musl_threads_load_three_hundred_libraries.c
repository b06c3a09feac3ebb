// SPDX-License-Identifier: Apache-2.0
// Under musl, whose dl_iterate_phdr lets every thread in, eight threads open three hundred
// libraries at once: nothing crashes, and the RELRO of each ends up private and sealed. Five runs;
// SEALWAX_TEST_ROUNDS asks for more.
//
// with the shim, exit 0:
//   300 libraries answer, RELRO of 300 is private and sealed
// without it, exit 0:
//   300 libraries answer, RELRO of 0 is private and sealed
#include "objects.h"

#include <sys/wait.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { libraries = 300, threads = 8, usual_rounds = 5 };

static atomic_int answers;

static void path_of(int index, char path[32]) {
  snprintf(path, 32, "./late%d.so", index);
}

static void make_libraries(void) {
  static char bytes[1 << 20];
  char path[4096];
  snprintf(path, sizeof path, "%s/libplain.so", getenv("LD_LIBRARY_PATH"));
  const int original = open(path, O_RDONLY);
  const ssize_t size = read(original, bytes, sizeof bytes);
  close(original);
  for (int i = 0; i < libraries; i++) {
    path_of(i, path);
    const int copy = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    if (size <= 0 || write(copy, bytes, (size_t)size) != size) {
      say("failed: no copy of libplain.so\n");
      exit(1);
    }
    close(copy);
  }
}

static void remove_libraries(void) {
  char path[32];
  for (int i = 0; i < libraries; i++) {
    path_of(i, path);
    unlink(path);
  }
}

static void* load_a_part(void* first) {
  char path[32];
  for (int i = (int)(uintptr_t)first; i < libraries; i += threads) {
    path_of(i, path);
    void* library = dlopen(path, RTLD_NOW);
    int (*plain_answer)(void) =
        library == NULL ? NULL : (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
    if (plain_answer != NULL && plain_answer() == 42) {
      atomic_fetch_add(&answers, 1);
    }
  }
  return NULL;
}

struct relro_list {
  struct extent extents[libraries];
  int count;
  int kept;
};

static int take_relro(struct dl_phdr_info* info, size_t size, void* context) {
  (void)size;
  struct relro_list* list = context;
  if (starts_with(file_name_of(info->dlpi_name), "late") && list->count < libraries) {
    const struct object object = {info->dlpi_name, info->dlpi_addr, info->dlpi_phdr,
                                  info->dlpi_phnum};
    list->extents[list->count++] = relro_of(&object);
  }
  return 0;
}

static void count_kept(const struct mapping* mapping, void* context) {
  struct relro_list* list = context;
  for (int i = 0; mapping->sealed && mapping->anonymous && i < list->count; i++) {
    list->kept += mapping->start <= list->extents[i].start && list->extents[i].end <= mapping->end;
  }
}

static int load_all(void) {
  static struct relro_list list;
  pthread_t thread[threads];
  for (int i = 0; i < threads; i++) {
    pthread_create(&thread[i], NULL, load_a_part, (void*)(uintptr_t)i);
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(thread[i], NULL);
  }
  dlopen("./late0.so", RTLD_NOW);
  dl_iterate_phdr(take_relro, &list);
  for_each_mapping(count_kept, &list);
  say(decimal(atomic_load(&answers)), " libraries answer, ");
  say("RELRO of ", decimal(list.kept), " is private and sealed\n");
  return 0;
}

/// What one run says, as long as all say the same.
static int run_often(const char* program, int rounds) {
  char first[200] = "";
  char text[200];
  for (int i = 0; i < rounds; i++) {
    char command[4200];
    snprintf(command, sizeof command, "'%s' once", program);
    FILE* run = popen(command, "r");
    const size_t size = fread(text, 1, sizeof text - 1, run);
    text[size] = 0;
    const int status = pclose(run);
    if (i == 0) {
      snprintf(first, sizeof first, "%s", text);
    }
    if (status != 0 || !same_text(first, text)) {
      printf("run %d ended with %d: %s\n", i + 1, status, text);
      return 1;
    }
  }
  fputs(first, stdout);
  return 0;
}

int main(int argc, char** argv) {
  if (argc > 1) {
    return load_all();
  }
  const char* rounds = getenv("SEALWAX_TEST_ROUNDS");
  make_libraries();
  const int failed = run_often(argv[0], rounds == NULL ? usual_rounds : atoi(rounds));
  remove_libraries();
  return failed;
}
