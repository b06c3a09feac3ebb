// SPDX-License-Identifier: Apache-2.0
// A dynamic program without libc: its own _start, one small library, and ld.so. What the shim needs
// of libc is not there; it must do without. Nobody needs ld.so by name here, and glibc before 2.41
// then never protects ld.so's RELRO; it stays writable as it is without the shim.
//
// with the shim, exit 0:
//   answer 42
//   main: sealed
//   ld.so's code: sealed
//   ld.so's RELRO: sealed where it should be
//   its library's code: sealed
//   vdso: sealed
// without it, exit 0:
//   answer 42
//   main: open
//   ld.so's code: open
//   ld.so's RELRO: sealed where it should be
//   its library's code: open
//   vdso: open
#include "objects.h"
#include "start.h"

extern int plain_answer(void);
extern const ElfW(Ehdr) __ehdr_start;

static struct object object_at(const char* name, const ElfW(Ehdr) * header) {
  const uintptr_t start = (uintptr_t)header;
  return (struct object){name, start, (const ElfW(Phdr)*)(start + header->e_phoff),
                         header->e_phnum};
}

/// The value of one entry of the auxiliary vector, which follows argv and the environment.
static uintptr_t auxiliary(const uintptr_t* stack, uintptr_t type) {
  const uintptr_t* word = stack + 1 + stack[0] + 1;
  while (*word != 0) {
    word++;
  }
  for (word++; word[0] != AT_NULL; word += 2) {
    if (word[0] == type) {
      return word[1];
    }
  }
  return 0;
}

static bool can_write_relro(const struct object* linker) {
  struct mapping relro;
  return mapping_at((const void*)relro_of(linker).start, &relro) && relro.writable;
}

/// What this program says of ld.so's RELRO, started anew with the same environment but for
/// LD_PRELOAD.
static bool can_write_relro_bare(const uintptr_t* stack) {
  static const char* environment[256];
  size_t count = 0;
  for (const char* const* word = (const char* const*)(stack + 1 + stack[0] + 1);
       *word != NULL && count < 255; word++) {
    if (!starts_with(*word, "LD_PRELOAD=")) {
      environment[count++] = *word;
    }
  }
  const long child = raw_call(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0, 0);
  if (child == 0) {
    const char* words[] = {"bare", "of RELRO", NULL};
    raw3(SYS_execve, "/proc/self/exe", words, environment);
    raw3(SYS_exit_group, 2, 0, 0);
  }
  int status = 0;
  raw_call(SYS_wait4, child, (long)&status, 0, 0, 0, 0);
  return status == 1 << 8;
}

/// ld.so may still write to what it has not protected, so only a read-only RELRO is to be sealed.
static void say_seal_of_relro(const struct object* linker, const uintptr_t* stack,
                              bool all_else_is_sealed) {
  struct mapping relro;
  const bool writable = can_write_relro_bare(stack);
  const bool right = mapping_at((const void*)relro_of(linker).start, &relro) &&
                     relro.writable == writable &&
                     relro.sealed == (!writable && all_else_is_sealed);
  say("ld.so's RELRO: ", right ? "sealed where it should be" : "wrong", "\n");
}

static _Noreturn void start(const uintptr_t* stack) {
  const struct object linker = object_at("ld.so", (const void*)auxiliary(stack, AT_BASE));
  if (stack[0] == 2) {
    raw3(SYS_exit_group, can_write_relro(&linker), 0, 0);
  }
  say("answer ", decimal(plain_answer()), "\n");
  const struct object program = object_at("main", &__ehdr_start);
  say_seals(&program);
  say("ld.so's code: ", seal_of(text_of(&linker)), "\n");
  say_seal_of_relro(&linker, stack, seal_of(text_of(&linker))[0] == 's');
  say("its library's code: ", seal_of((const void*)(uintptr_t)plain_answer), "\n");
  say_seal_of_vdso();
  raw3(SYS_exit_group, 0, 0, 0);
  __builtin_unreachable();
}
