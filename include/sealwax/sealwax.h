// SPDX-License-Identifier: Apache-2.0
/* Sealing a program's own data, by mseal(2).

   The one header to include: there is no library to link, and none of these functions needs
   libsealwax.so. For C11 and C++11 and later, GCC and Clang, x86-64 and aarch64, shared objects and
   executables, static ones too.

     static SEALWAX_RO_AFTER_INIT struct table table;

     fill(&table);
     int error = sealwax_seal_after_init();
     if (error != 0 && error != ENOSYS)
       ...

   Errors are returned as errno values, 0 is success; only sealwax_alloc() sets errno. No function
   allocates from the heap, takes a lock of its own, or starts a thread. What is sealed stays so
   until the process ends: there is no way back. A forked child inherits it, an exec ends it.

   Names that begin with sealwax_own_ are this header's own affair, and query.h is a part of it. */
#ifndef SEALWAX_SEALWAX_H
#define SEALWAX_SEALWAX_H

#include <sys/auxv.h>
#include <sys/syscall.h>

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#else
#include <stdbool.h>
#endif

#if !defined(__linux__) || !defined(__LP64__) || !(defined(__x86_64__) || defined(__aarch64__))
#error "mseal(2) is of Linux on 64-bit systems, and this header knows x86-64 and aarch64."
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* a local name can be a global one of the program's */
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wold-style-cast" /* C has no other */
#endif

/* ---- Variables ------------------------------------------------------------------------------- */

/** Puts a variable with static storage among those that sealwax_seal_after_init() seals. It stands
    before the definition of a variable that is neither const nor thread_local, and, in C++, neither
    inline nor a member of a template. Those of one source file share a page of their own (4 KiB on
    x86-64, 64 KiB on aarch64, the largest page that a kernel there may have). `seal = data` in a
    policy of Sealwax leaves them to their program. */
#define SEALWAX_RO_AFTER_INIT __attribute__((__section__("sealwax_ro")))

/** Puts a variable where `seal = data` in a policy of Sealwax leaves protection and place as they
    are: for memory that the program itself makes read-only, or remaps. Otherwise as above. */
#define SEALWAX_MUTABLE __attribute__((__section__("sealwax_mutable")))

/** Makes all SEALWAX_RO_AFTER_INIT variables of the calling object (the executable or the one
    shared object that this is compiled into) read-only, private and sealed: their contents are
    moved to anonymous memory at the same address. Sealing alone would not do: they lie in a private
    mapping of the object's file, and madvise(MADV_DONTNEED) on one brings the file's bytes back.

    No thread may write to any of them any more, and none while this runs; reading may go on. What
    the pages had by mlock(2) or madvise(2) is lost. A shared object that uses this should be linked
    with -z nodelete: dlclose() could no longer unmap it.

    Returns 0 also where there are no such variables, or where it has been done before. Errors:
      ENOSYS  the kernel has no mseal (before Linux 6.10): the variables are read-only and private,
              but not sealed
      EPERM   mseal is forbidden, by a seccomp filter for example: likewise
      EBUSY   the pages cannot be replaced: they are sealed already, by somebody else, or mremap is
              forbidden; nothing has changed
      ENOMEM  no memory, or too many mappings (vm.max_map_count); nothing has changed
      EAGAIN  no memory that may be locked (mlockall(MCL_FUTURE), RLIMIT_MEMLOCK); likewise
      EINVAL  the linker put other data onto the same pages; nothing has changed. It happens where
              link-time optimisation (-flto) tears a source file's variables from the rest of it:
              compile the files that have such variables with -fno-lto
    A filter's answer to another call is returned as it is; then nothing has changed.

    Thread-safe. Async-signal-safe. Calls mmap, mprotect, mremap, mseal; where these fail munmap
    and madvise. */
static inline int sealwax_seal_after_init(void);

/* ---- Memory ---------------------------------------------------------------------------------- */

/** Maps `length` bytes of memory, rounded up to whole pages, all zero, readable and writable, with
    a page that allows no access on either side. These two are sealed at once, where the kernel can;
    so the memory can neither grow nor be joined to another mapping. It is never freed.

    `length` is in bytes. Returns the first byte, on a page boundary, or NULL with errno set:
      EINVAL  `length` is 0
      ENOMEM  no memory, or too many mappings, or `length` is too large
      EAGAIN  no memory that may be locked (mlockall(MCL_FUTURE), RLIMIT_MEMLOCK)
    or as a seccomp filter answers.

    Thread-safe. Async-signal-safe (it can change errno). Calls mmap, mprotect, mseal; munmap where
    mprotect fails. */
static inline void* sealwax_alloc(size_t length);

/** Makes `length` bytes at `address`, rounded up to whole pages, read-only, and seals them. They
    are to be memory from sealwax_alloc(), all or part of it, or other private anonymous memory: in
    a mapping of a file the contents can still be discarded. Nothing may be written to them any
    more. A page that was never touched is one of zeros from then on: left out, it could still be
    filled (userfaultfd(2)).

    `address` is on a page boundary, `length` in bytes. Returns 0, or
      EINVAL  `address` is not on a page boundary, `length` is 0 or reaches past the end of the
              address space; nothing has changed
      ENOMEM  not all of it is mapped: nothing has changed; or too many mappings: the first part may
              be read-only, and nothing is sealed; or no memory for what was never touched: it is
              sealed, but some of it could still be filled
      EPERM   some of it is sealed already (what lies before that may be read-only now), or mseal is
              forbidden, by a seccomp filter for example (it is read-only, but not sealed)
      ENOSYS  the kernel has no mseal (before Linux 6.10): it is read-only, but not sealed
    or as a seccomp filter answers.

    Thread-safe. Async-signal-safe. Calls msync, mprotect, madvise, mseal. */
static inline int sealwax_protect(void* address, size_t length);

/* ---- Asking ---------------------------------------------------------------------------------- */

/** What memory is for, by the names that a policy has; see sealwax-policy(5). */
enum sealwax_region {
  SEALWAX_NONE,   /**< nothing is mapped there */
  SEALWAX_OTHER,  /**< none of what follows: the heap, other stacks, mapped files ... */
  SEALWAX_TEXT,   /**< an object's executable segments */
  SEALWAX_RODATA, /**< its read-only segments */
  SEALWAX_RELRO,  /**< what the loader fills in once */
  SEALWAX_GAPS,   /**< mapped to allow no access (PROT_NONE) between its segments */
  SEALWAX_DATA,   /**< its writable segments, SEALWAX_RO_AFTER_INIT variables included */
  SEALWAX_VDSO,   /**< what the kernel maps into every process: vdso, vvar */
  SEALWAX_STACK   /**< the main thread's stack */
};

enum sealwax_sealer {
  SEALWAX_BY_NOBODY,    /**< it is not sealed */
  SEALWAX_BY_KERNEL,    /**< before the program began: CONFIG_MSEAL_SYSTEM_MAPPINGS */
  SEALWAX_BY_SHIM,      /**< libsealwax.so, which says so itself */
  SEALWAX_BY_INTERFACE, /**< this header: SEALWAX_RO_AFTER_INIT variables of the calling object, or
                             memory between two sealed pages that allow no access, as that of
                             sealwax_alloc() */
  SEALWAX_BY_OTHERS     /**< somebody else: the program, another of its objects */
};

struct sealwax_state {
  int error;                  /**< 0, or why nothing is known; the rest is zero then */
  enum sealwax_region region; /**< by the program headers of the loaded objects */
  bool sealed;
  enum sealwax_sealer by;
  /** The mapping around the address, `end` excluded; both 0 for SEALWAX_NONE. */
  uintptr_t begin, end;
};

/** Says what is mapped at `address`, and whether, and by whom, it is sealed. The answer is that of
    one moment. A static program never has the shim, and so never names it.

    `error` is 0, or
      ENOENT  /proc is missing, or the kernel has no /proc/self/smaps
      EACCES, EMFILE, ENFILE, ENOMEM  /proc/self/smaps cannot be opened or read
    or as a seccomp filter answers.

    Thread-safe, but not async-signal-safe: dl_iterate_phdr(3) takes the loader's lock, and reading
    /proc/self/smaps takes a time that grows with the number of mappings and the memory in use.
    Calls openat, read, close. */
static inline struct sealwax_state sealwax_query(const void* address);

/** "none", "other", "text" ...: static storage. Async-signal-safe. */
static inline const char* sealwax_region_name(enum sealwax_region region);

/** "nobody", "kernel", "shim", "interface", "others": static storage. Async-signal-safe. */
static inline const char* sealwax_sealer_name(enum sealwax_sealer sealer);

/* ---- How it is done -------------------------------------------------------------------------- */

/* Each source file's variables begin on a page and are padded to whole pages, so nothing else
   shares theirs: a later subsection comes behind everything that the compiler puts into a section
   (as, Sub-Sections). What the linker then makes of all files is told by __start_ and __stop_ (ld,
   Input Section Example); for an object without such variables both are 0, or the same.

   The note says where both sections lie, for the shim and the command line
   (src/model/object/open_ranges), and for this header: it is in every object, so no address in it
   can be missing. A file has one, also where link-time optimisation makes one of several. */
#if defined(__x86_64__)
#define SEALWAX_OWN_PAGE "4096"
#else
#define SEALWAX_OWN_PAGE "65536"
#endif
/* clang-format off */
#define SEALWAX_OWN_SECTION(name)                            \
  ".pushsection " name ", \"aw\", %progbits\n"               \
  ".balign " SEALWAX_OWN_PAGE "\n"                           \
  ".subsection 8000\n"                                       \
  ".balign " SEALWAX_OWN_PAGE "\n"                           \
  ".popsection\n"                                            \
  ".weak __start_" name "\n.hidden __start_" name "\n"       \
  ".weak __stop_" name "\n.hidden __stop_" name "\n"
__asm__(
  ".ifndef sealwax_own_ranges\n"
  SEALWAX_OWN_SECTION("sealwax_ro")
  SEALWAX_OWN_SECTION("sealwax_mutable")
  ".pushsection .note.sealwax, \"a\", %note\n"
  ".balign 4\n"
  ".long 8, 32, 1\n"
  ".asciz \"Sealwax\"\n"
  ".weak sealwax_own_ranges\n"
  ".hidden sealwax_own_ranges\n"
  ".type sealwax_own_ranges, %object\n"
  ".size sealwax_own_ranges, 32\n"
  "sealwax_own_ranges:\n"
  ".quad __start_sealwax_ro - .\n"
  ".quad __stop_sealwax_ro - .\n"
  ".quad __start_sealwax_mutable - .\n"
  ".quad __stop_sealwax_mutable - .\n"
  ".popsection\n"
  ".endif\n");
/* clang-format on */
#undef SEALWAX_OWN_SECTION
#undef SEALWAX_OWN_PAGE

/* Distances, each from its own place. */
extern const char sealwax_own_ranges[32] __attribute__((__visibility__("hidden")));

/* <asm-generic/mman-common.h>, the same for both architectures. <sys/mman.h> has them only where
   _GNU_SOURCE is defined. */
enum {
  sealwax_own_prot_none = 0,
  sealwax_own_prot_read = 1,
  sealwax_own_prot_write = 2,
  sealwax_own_map_private_anonymous = 0x22,
  sealwax_own_ms_async = 1,
  sealwax_own_mremap_maymove_fixed = 3,
  sealwax_own_populate_read = 22, /* both Linux 5.14 */
  sealwax_own_populate_write = 23,
  sealwax_own_sys_mseal = 462 /* Linux 6.10; <asm/unistd.h> may be older */
};

/* Answers as the kernel does, errno untouched: from -4095 to -1 it is an errno value, negated. */
static inline long sealwax_own_call(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
                                    uintptr_t e) {
#if defined(__x86_64__)
  long result;
  register uintptr_t r10 __asm__("r10") = d;
  register uintptr_t r8 __asm__("r8") = e;
  register uintptr_t r9 __asm__("r9") = 0;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory", "cc");
  return result;
#else
  register uintptr_t x0 __asm__("x0") = a;
  register uintptr_t x1 __asm__("x1") = b;
  register uintptr_t x2 __asm__("x2") = c;
  register uintptr_t x3 __asm__("x3") = d;
  register uintptr_t x4 __asm__("x4") = e;
  register uintptr_t x5 __asm__("x5") = 0;
  register long x8 __asm__("x8") = number;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
                   : "memory", "cc");
  return (long)x0;
#endif
}

static inline int sealwax_own_error(long result) {
  return result < 0 && result >= -4095 ? (int)-result : 0;
}

static inline size_t sealwax_own_page(void) {
  return (size_t)getauxval(AT_PAGESZ);
}

static inline long sealwax_own_map(size_t length, int protection) {
  return sealwax_own_call(SYS_mmap, 0, length, (uintptr_t)protection,
                          sealwax_own_map_private_anonymous, (uintptr_t)-1);
}

static inline int sealwax_own_mprotect(uintptr_t begin, size_t length, int protection) {
  return sealwax_own_error(
      sealwax_own_call(SYS_mprotect, begin, length, (uintptr_t)protection, 0, 0));
}

static inline int sealwax_own_mseal(uintptr_t begin, size_t length) {
  return sealwax_own_error(sealwax_own_call(sealwax_own_sys_mseal, begin, length, 0, 0, 0));
}

struct sealwax_own_range {
  uintptr_t begin, end;
};

/* The calling object's variables. */
static inline struct sealwax_own_range sealwax_own_ro(void) {
  const uintptr_t at = (uintptr_t)sealwax_own_ranges;
  uint64_t distance[2];
  struct sealwax_own_range range;
  memcpy(distance, sealwax_own_ranges, sizeof distance);
  range.begin = at + distance[0];
  range.end = at + sizeof distance[0] + distance[1];
  return range;
}

/* Whether no page can be written to any more: populating one for writing is refused with EINVAL
   (madvise(2), MADV_POPULATE_WRITE), and changes nothing where it is not. */
static inline bool sealwax_own_is_read_only(struct sealwax_own_range range, size_t page) {
  uintptr_t at;
  for (at = range.begin; at < range.end; at += page)
    if (sealwax_own_error(
            sealwax_own_call(SYS_madvise, at, page, sealwax_own_populate_write, 0, 0)) != EINVAL)
      return false;
  return true;
}

/* One mremap puts the copy there: at no moment does another thread find neither, and where it fails
   the original is still in place. */
static inline int sealwax_own_replace(struct sealwax_own_range range) {
  const size_t length = range.end - range.begin;
  const long copy = sealwax_own_map(length, sealwax_own_prot_read | sealwax_own_prot_write);
  int error = sealwax_own_error(copy);
  if (error != 0)
    return error;
  memcpy((void*)copy, (const void*)range.begin, length);
  error = sealwax_own_mprotect((uintptr_t)copy, length, sealwax_own_prot_read);
  if (error == 0) {
    error = sealwax_own_error(sealwax_own_call(SYS_mremap, (uintptr_t)copy, length, length,
                                               sealwax_own_mremap_maymove_fixed, range.begin));
    error = error == EPERM ? EBUSY : error;
  }
  if (error != 0)
    (void)sealwax_own_call(SYS_munmap, (uintptr_t)copy, length, 0, 0, 0);
  return error;
}

static inline int sealwax_seal_after_init(void) {
  const struct sealwax_own_range range = sealwax_own_ro();
  const size_t page = sealwax_own_page();
  int error;
  if (range.begin >= range.end)
    return 0;
  if (((range.begin | range.end) & (page - 1)) != 0)
    return EINVAL;
  error = sealwax_own_replace(range);
  if (error == EBUSY && sealwax_own_is_read_only(range, page))
    return 0; /* sealed by an earlier call */
  return error != 0 ? error : sealwax_own_mseal(range.begin, range.end - range.begin);
}

/* 0: it does not fit. */
static inline size_t sealwax_own_whole_pages(size_t length, size_t page) {
  return length > SIZE_MAX - page ? 0 : (length + page - 1) & ~(page - 1);
}

static inline void* sealwax_alloc(size_t length) {
  const size_t page = sealwax_own_page();
  const size_t inside = sealwax_own_whole_pages(length, page);
  const size_t whole = inside + 2 * page;
  long outer;
  uintptr_t begin;
  int error = length == 0 ? EINVAL : inside == 0 || whole < inside ? ENOMEM : 0;
  if (error == 0) {
    outer = sealwax_own_map(whole, sealwax_own_prot_none);
    error = sealwax_own_error(outer);
  }
  if (error != 0) {
    errno = error;
    return NULL;
  }
  begin = (uintptr_t)outer + page;
  error = sealwax_own_mprotect(begin, inside, sealwax_own_prot_read | sealwax_own_prot_write);
  if (error != 0) {
    (void)sealwax_own_call(SYS_munmap, (uintptr_t)outer, whole, 0, 0, 0);
    errno = error;
    return NULL;
  }
  (void)sealwax_own_mseal(begin - page, page); /* unsealed they still guard */
  (void)sealwax_own_mseal(begin + inside, page);
  return (void*)begin;
}

static inline int sealwax_protect(void* address, size_t length) {
  const size_t page = sealwax_own_page();
  const size_t whole = sealwax_own_whole_pages(length, page);
  const uintptr_t begin = (uintptr_t)address;
  int error, populated;
  if ((begin & (page - 1)) != 0 || whole == 0 || begin + whole < begin)
    return EINVAL;
  /* mprotect changes what lies before a gap; msync(MS_ASYNC) finds one and changes nothing. */
  error = sealwax_own_error(sealwax_own_call(SYS_msync, begin, whole, sealwax_own_ms_async, 0, 0));
  if (error == 0)
    error = sealwax_own_mprotect(begin, whole, sealwax_own_prot_read);
  if (error != 0)
    return error;
  populated = sealwax_own_error(
      sealwax_own_call(SYS_madvise, begin, whole, sealwax_own_populate_read, 0, 0));
  error = sealwax_own_mseal(begin, whole);
  return error != 0 ? error : populated;
}

#include "query.h" /* needs what stands above */

#pragma GCC diagnostic pop

#ifdef __cplusplus
}
#endif

#endif
