// SPDX-License-Identifier: Apache-2.0
// musl protects the RELRO of all that it relocates but its own. With the shim that is constant as
// well, and what its libc is asked for afterwards goes on: threads, files, names, libraries,
// locales.
//
// with the shim, exit 0:
//   4 threads, 3 words sorted, 127.0.0.1, "1.50", 0 matches, UTF-8, loaded
//   the RELRO of libc: opened by mprotect EPERM, written EFAULT
// without it, exit 0:
//   4 threads, 3 words sorted, 127.0.0.1, "1.50", 0 matches, UTF-8, loaded
//   the RELRO of libc: opened by mprotect done, written done
#include "objects.h"

#include <arpa/inet.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void* one(void* number) {
  return number;
}

static int run_threads(void) {
  int ended = 0;
  for (uintptr_t i = 1; i <= 4; i++) {
    pthread_t thread;
    void* result = NULL;
    ended += pthread_create(&thread, NULL, one, (void*)i) == 0 &&
             pthread_join(thread, &result) == 0 && result == (void*)i;
  }
  return ended;
}

static int by_text(const void* a, const void* b) {
  return strcmp(*(const char* const*)a, *(const char* const*)b);
}

static void work(void) {
  const char* words[] = {"c", "a", "b"};
  qsort(words, 3, sizeof *words, by_text);
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET};
  struct addrinfo* found = NULL;
  char address[32] = "";
  if (getaddrinfo("127.0.0.1", NULL, &hints, &found) == 0) {
    const struct sockaddr_in* in = (const void*)found->ai_addr;
    inet_ntop(AF_INET, &in->sin_addr, address, sizeof address);
    freeaddrinfo(found);
  }
  regex_t expression;
  regcomp(&expression, "^a+$", REG_EXTENDED);
  setlocale(LC_ALL, "C.UTF-8");
  printf("%d threads, %d words sorted, %s, \"%.2f\", %d matches, %s, %s\n", run_threads(),
         words[0][0] == 'a' && words[2][0] == 'c' ? 3 : 0, address, strtod("1.5", NULL),
         regexec(&expression, "b", 0, NULL, 0) == 0, nl_langinfo(CODESET),
         dlopen("libplain.so", RTLD_NOW) != NULL ? "loaded" : dlerror());
  regfree(&expression);
  fflush(stdout);
}

/// What the kernel says where it is asked to store a byte there, which is the one that is there.
static const char* write_to(void* at) {
  char name[] = "/tmp/relro-XXXXXX";
  const int file = mkstemp(name);
  unlink(name);
  (void)!write(file, at, 1);
  const long result = raw_call(SYS_pread64, file, (long)at, 1, 0, 0, 0);
  close(file);
  return answer(result < 0 ? result : 0);
}

int main(void) {
  work();
  const struct object libc = object_named("ld.so");
  void* relro = (void*)relro_of(&libc).start;
  say("the RELRO of libc: opened by mprotect ", answer(raw3(SYS_mprotect, relro, page_size(), 3)));
  say(", written ", write_to(relro), "\n");
}
