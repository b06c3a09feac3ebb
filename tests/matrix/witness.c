// SPDX-License-Identifier: Apache-2.0
// Tells from inside a process what is sealed: what the matrix runs on other libcs, kernels and
// architectures. Prints the same lines wherever everything is as it should be.
#include <sys/mman.h>

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// An address in a constant: what RELRO is there for. It fills a page of its own, however large
// pages are, because losing the neighbours, the GOT among them, would end the program before it
// could tell.
enum { kPage = 65536 };
static int target = 42;
static int* const constants[kPage / sizeof(int*)] __attribute__((aligned(kPage))) = {&target};

// Volatile: the compiler knows what a constant holds, and would not look.
static int is_as_relocated(void) {
  return *(int* const volatile*)constants == &target;
}

static void* page_of(const volatile void* address) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  return (void*)((uintptr_t)address & ~(page - 1));
}

static void report(const char* what, int result) {
  printf("%s: %s\n", what, result == 0 ? "done" : strerror(errno));
}

// Program text, in any of the loaded objects, or the kernel's vdso.
static int is_text(const char* line) {
  char permissions[5];
  return sscanf(line, "%*x-%*x %4s", permissions) == 1 && strcmp(permissions, "r-xp") == 0 &&
         strstr(line, "[vsyscall]") == NULL;
}

static void count_text(void) {
  char line[1024];
  int in_text = 0, sealed = 0, open = 0;
  FILE* smaps = fopen("/proc/self/smaps", "r");
  while (smaps != NULL && fgets(line, sizeof line, smaps) != NULL) {
    if (strncmp(line, "VmFlags:", 8) == 0) {
      const int is_sealed = strstr(line, " sl") != NULL;
      sealed += in_text && is_sealed;
      open += in_text && !is_sealed;
    } else if (strchr(line, '-') != NULL && strstr(line, "kB") == NULL) {
      in_text = is_text(line);
    }
  }
  if (smaps != NULL)
    fclose(smaps);
  printf("text: %s sealed, %s open\n", sealed > 0 ? "some" : "none", open > 0 ? "some" : "none");
}

int main(void) {
  printf("the page of puts writable: ");
  report("mprotect",
         mprotect(page_of((void*)(uintptr_t)&puts), 1, PROT_READ | PROT_WRITE | PROT_EXEC));
  printf("RELRO back to the file's bytes: ");
  report("madvise", madvise(page_of(constants), 1, MADV_DONTNEED));
  printf("the constant: %s\n", is_as_relocated() ? "as relocated" : "lost");
  const iconv_t converter = iconv_open("UTF-16", "UTF-8");
  printf("a module loaded late: %s\n", converter != (iconv_t)-1 ? "yes" : strerror(errno));
  count_text();
  return 0;
}
