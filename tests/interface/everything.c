// SPDX-License-Identifier: Apache-2.0
// Every function of the interface, and every attack on what it sealed.
//
// with the shim, exit 0:
//   query variable before: data, open, nobody
//   sealwax_seal_after_init: done
//   again: done
//   contents: final 42 pointer kept
//   query variable: data, sealed by interface
//   query second variable: data, sealed by interface
//   variable: MADV_DONTNEED: EPERM, as before
//   variable: mprotect: EPERM, as before
//   variable: munmap: EPERM, as before
//   variable: mremap over: EPERM, as before
//   variable: mmap over: EPERM, as before
//   variable: GUARD_INSTALL: EPERM, as before
//   variable: write: SIGSEGV
//   second variable: MADV_DONTNEED: EPERM, as before
//   second variable: mprotect: EPERM, as before
//   second variable: munmap: EPERM, as before
//   second variable: mremap over: EPERM, as before
//   second variable: mmap over: EPERM, as before
//   second variable: GUARD_INSTALL: EPERM, as before
//   second variable: write: SIGSEGV
//   sealwax_alloc: done, on a page: 1
//   query memory before: other, open, nobody
//   sealwax_protect: done
//   contents: policy
//   query memory: other, sealed by interface
//   query its last page: other, sealed by interface
//   memory: MADV_DONTNEED: EPERM, as before
//   memory: mprotect: EPERM, as before
//   memory: munmap: EPERM, as before
//   memory: mremap over: EPERM, as before
//   memory: mmap over: EPERM, as before
//   memory: GUARD_INSTALL: EPERM, as before
//   memory: write: SIGSEGV
//   guards: EPERM EPERM
//   alloc of nothing: NULL, EINVAL
//   alloc of more than there is: NULL, ENOMEM
//   alloc of all but its guards: NULL, ENOMEM
//   alloc of all: NULL, ENOMEM
//   protect of nothing: EINVAL
//   protect within a page: EINVAL
//   protect past the end: EINVAL
//   protect with a gap: ENOMEM
//   query memory with a gap: other, open, nobody
//   protect of one page: done
//   protect of it again: EPERM
//   errno: 4242
//   query memory without guards: other, sealed by others
//   query code: text, sealed by shim
//   query constant: rodata, sealed by shim
//   query dynamic section: relro, sealed by shim
//   query ordinary variable: data, open, nobody
//   query mutable variable: data, open, nobody
//   query vdso: vdso, sealed by shim
//   query stack: stack, open, nobody
//   query heap: other, open, nobody
//   query null: none, open, nobody
//   query end of the address space: none, open, nobody
// without it, exit 0:
//   query variable before: data, open, nobody
//   sealwax_seal_after_init: done
//   again: done
//   contents: final 42 pointer kept
//   query variable: data, sealed by interface
//   query second variable: data, sealed by interface
//   variable: MADV_DONTNEED: EPERM, as before
//   variable: mprotect: EPERM, as before
//   variable: munmap: EPERM, as before
//   variable: mremap over: EPERM, as before
//   variable: mmap over: EPERM, as before
//   variable: GUARD_INSTALL: EPERM, as before
//   variable: write: SIGSEGV
//   second variable: MADV_DONTNEED: EPERM, as before
//   second variable: mprotect: EPERM, as before
//   second variable: munmap: EPERM, as before
//   second variable: mremap over: EPERM, as before
//   second variable: mmap over: EPERM, as before
//   second variable: GUARD_INSTALL: EPERM, as before
//   second variable: write: SIGSEGV
//   sealwax_alloc: done, on a page: 1
//   query memory before: other, open, nobody
//   sealwax_protect: done
//   contents: policy
//   query memory: other, sealed by interface
//   query its last page: other, sealed by interface
//   memory: MADV_DONTNEED: EPERM, as before
//   memory: mprotect: EPERM, as before
//   memory: munmap: EPERM, as before
//   memory: mremap over: EPERM, as before
//   memory: mmap over: EPERM, as before
//   memory: GUARD_INSTALL: EPERM, as before
//   memory: write: SIGSEGV
//   guards: EPERM EPERM
//   alloc of nothing: NULL, EINVAL
//   alloc of more than there is: NULL, ENOMEM
//   alloc of all but its guards: NULL, ENOMEM
//   alloc of all: NULL, ENOMEM
//   protect of nothing: EINVAL
//   protect within a page: EINVAL
//   protect past the end: EINVAL
//   protect with a gap: ENOMEM
//   query memory with a gap: other, open, nobody
//   protect of one page: done
//   protect of it again: EPERM
//   errno: 4242
//   query memory without guards: other, sealed by others
//   query code: text, open, nobody
//   query constant: rodata, open, nobody
//   query dynamic section: relro, open, nobody
//   query ordinary variable: data, open, nobody
//   query mutable variable: data, open, nobody
//   query vdso: vdso, open, nobody
//   query stack: stack, open, nobody
//   query heap: other, open, nobody
//   query null: none, open, nobody
//   query end of the address space: none, open, nobody
#include "attempts.h"
#include "sealwax/sealwax.h"
#include "second.h"

static SEALWAX_RO_AFTER_INIT char variable[100] = "initial";
SEALWAX_RO_AFTER_INIT int* pointer;
static SEALWAX_MUTABLE char mutable_variable[100] = "mutable";
static char ordinary_variable[100] = "ordinary";
static const char constant[100] = "constant";

static void ask(const char* what, const volatile void* address) {
  const struct sealwax_state state = sealwax_query((const void*)address);
  const uintptr_t at = (uintptr_t)address;
  if (state.error != 0) {
    printf("query %s: %s\n", what, error_name(state.error));
    return;
  }
  const bool around = state.region == SEALWAX_NONE ? state.begin == 0 && state.end == 0
                                                   : state.begin <= at && at < state.end;
  printf("query %s: %s, %s %s%s\n", what, sealwax_region_name(state.region),
         state.sealed ? "sealed by" : "open,", sealwax_sealer_name(state.by),
         around ? "" : ", elsewhere");
}

static void seal_variables(void) {
  strcpy(variable, "final");
  pointer = second_place();
  *second_place() = 42;
  ask("variable before", variable);
  printf("sealwax_seal_after_init: %s\n", error_name(sealwax_seal_after_init()));
  printf("again: %s\n", error_name(sealwax_seal_after_init()));
  printf("contents: %s %d %s\n", variable, *second_place(),
         pointer == second_place() ? "pointer kept" : "pointer lost");
  ask("variable", variable);
  ask("second variable", second_place());
  const size_t page = sealwax_own_page();
  attempt_all("variable", variable, page);
  attempt_all("second variable", (volatile char*)second_place(), page);
}

static void protect_memory(void) {
  const size_t page = sealwax_own_page();
  char* const memory = (char*)sealwax_alloc(page + 1);
  printf("sealwax_alloc: %s, on a page: %d\n", memory == NULL ? "NULL" : "done",
         ((uintptr_t)memory & (page - 1)) == 0);
  strcpy(memory + page, "policy");
  memset(memory, 'm', page);
  ask("memory before", memory);
  printf("sealwax_protect: %s\n", error_name(sealwax_protect(memory, page + 1)));
  printf("contents: %s\n", memory + page);
  ask("memory", memory);
  ask("its last page", memory + page);
  attempt_all("memory", memory, 2 * page);
  printf("guards: %s %s\n",
         error_name(attack_result(syscall(SYS_mprotect, memory - page, page, PROT_READ))),
         error_name(attack_result(syscall(SYS_munmap, memory + 2 * page, page))));
}

static void fail_to_alloc(const char* what, size_t length) {
  errno = 0;
  const char* const answer = sealwax_alloc(length) == NULL ? "NULL" : "memory";
  printf("alloc of %s: %s, %s\n", what, answer, error_name(errno));
}

static void make_mistakes(void) {
  const size_t page = sealwax_own_page();
  fail_to_alloc("nothing", 0);
  fail_to_alloc("more than there is", SIZE_MAX / 4);
  fail_to_alloc("all but its guards", SIZE_MAX - 2 * page);
  fail_to_alloc("all", SIZE_MAX);
  char* const memory =
      (char*)mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(memory + 2 * page, page);
  printf("protect of nothing: %s\n", error_name(sealwax_protect(memory, 0)));
  printf("protect within a page: %s\n", error_name(sealwax_protect(memory + 8, page)));
  printf("protect past the end: %s\n", error_name(sealwax_protect(memory, SIZE_MAX)));
  printf("protect with a gap: %s\n", error_name(sealwax_protect(memory, 4 * page)));
  memory[0] = 'w'; // nothing has changed
  ask("memory with a gap", memory);
  errno = 4242;
  printf("protect of one page: %s\n", error_name(sealwax_protect(memory, page)));
  printf("protect of it again: %s\n", error_name(sealwax_protect(memory, page)));
  printf("errno: %d\n", errno);
  ask("memory without guards", memory);
}

extern const Elf64_Dyn _DYNAMIC[] __attribute__((weak, visibility("hidden")));

static void ask_everywhere(void) {
  char local[1] = "";
  void* const heap = malloc(1 << 20); // a small one can lie in the rest of .bss's page on musl
  ask("code", (const void*)(uintptr_t)&everything);
  ask("constant", constant);
#ifndef STATIC
  ask("dynamic section", _DYNAMIC);
#endif
  ask("ordinary variable", ordinary_variable);
  ask("mutable variable", mutable_variable);
  ask("vdso", (const void*)getauxval(AT_SYSINFO_EHDR));
  ask("stack", local);
  ask("heap", heap);
  ask("null", NULL);
  ask("end of the address space", (const void*)UINTPTR_MAX);
  free(heap);
}

int everything(void) {
  seal_variables();
  protect_memory();
  make_mistakes();
  ask_everywhere();
  ordinary_variable[0] = mutable_variable[0] = 'w';
  return 0;
}
