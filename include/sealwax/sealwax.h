/* Sealing a program's own data, by mseal(2).

   A header alone: there is no library to link, and none of these functions needs libsealwax.so. For
   C11 and C++11 and later, GCC and Clang, x86-64 and aarch64, shared objects and executables,
   static ones too.

     static SEALWAX_RO_AFTER_INIT struct table table;

     fill(&table);
     int error = sealwax_seal_after_init();
     if (error != 0 && error != ENOSYS)
       ...

   Errors are returned as errno values, 0 is success; only sealwax_alloc() sets errno. No function
   allocates from the heap, takes a lock of its own, or starts a thread. What is sealed stays so
   until the process ends: there is no way back. A forked child inherits it, an exec ends it.

   Names that begin with sealwax_own_ are this header's own affair. */
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
    a page without permission on either side. These two are sealed at once, where the kernel can;
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
  SEALWAX_GAPS,   /**< mapped without permission between its segments */
  SEALWAX_DATA,   /**< its writable segments, SEALWAX_RO_AFTER_INIT variables included */
  SEALWAX_VDSO,   /**< what the kernel maps into every process: vdso, vvar */
  SEALWAX_STACK   /**< the main thread's stack */
};

enum sealwax_sealer {
  SEALWAX_BY_NOBODY,    /**< it is not sealed */
  SEALWAX_BY_KERNEL,    /**< before the program began: CONFIG_MSEAL_SYSTEM_MAPPINGS */
  SEALWAX_BY_SHIM,      /**< libsealwax.so, which says so itself */
  SEALWAX_BY_INTERFACE, /**< this header: SEALWAX_RO_AFTER_INIT variables of the calling object, or
                             memory between two sealed pages without permission, as that of
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

   The note says where both sections lie, for the shim and the command line (src/model/object/open_ranges),
   and for this header: it is in every object, so no address in it can be missing. A file has one,
   also where link-time optimisation makes one of several. */
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
  sealwax_own_at_fdcwd = -100,
  sealwax_own_o_rdonly_cloexec = 02000000,
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

/* One mapping of /proc/self/smaps (proc(5)). */
struct sealwax_own_mapping {
  struct sealwax_own_range range;
  bool no_access, sealed, of_kernel, stack;
};

/* A mapping, with those next to it in the list. */
struct sealwax_own_place {
  struct sealwax_own_mapping before, here, behind;
};

/* The first bytes of each line of a file: all that is needed of any. */
struct sealwax_own_lines {
  int file;
  int error;
  size_t at, end;
  char block[2048];
  char line[256];
};

static inline int sealwax_own_next_byte(struct sealwax_own_lines* lines) {
  if (lines->at == lines->end) {
    long count;
    do
      count = sealwax_own_call(SYS_read, (uintptr_t)lines->file, (uintptr_t)lines->block,
                               sizeof lines->block, 0, 0);
    while (count == -EINTR);
    lines->error = sealwax_own_error(count);
    if (count <= 0)
      return -1;
    lines->at = 0;
    lines->end = (size_t)count;
  }
  return (unsigned char)lines->block[lines->at++];
}

static inline bool sealwax_own_next_line(struct sealwax_own_lines* lines) {
  size_t length = 0;
  int byte = sealwax_own_next_byte(lines);
  if (byte < 0)
    return false;
  for (; byte >= 0 && byte != '\n'; byte = sealwax_own_next_byte(lines))
    if (length < sizeof lines->line - 1)
      lines->line[length++] = (char)byte;
  lines->line[length] = '\0';
  return true;
}

static inline const char* sealwax_own_skip(const char* at, int fields) {
  for (; fields > 0; fields--) {
    at += strcspn(at, " ");
    at += strspn(at, " ");
  }
  return at;
}

static inline const char* sealwax_own_number(const char* at, uintptr_t* number) {
  for (*number = 0; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
    *number = (*number << 4) | (uintptr_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
  return at;
}

/* Kernel sources: arch/.../vdso, arch/arm64/kernel/vdso.c, kernel/events/uprobes.c. [vsyscall] is
   no mapping of the process. */
static inline bool sealwax_own_is_of_kernel(const char* name) {
  return strcmp(name, "[vdso]") == 0 || strcmp(name, "[vvar]") == 0 ||
         strcmp(name, "[vvar_vclock]") == 0 || strcmp(name, "[sigpage]") == 0 ||
         strcmp(name, "[vectors]") == 0 || strcmp(name, "[uprobes]") == 0;
}

/* `begin-end rwxp offset device inode  name`; the lines between that and the next are `Key: value`,
   of which VmFlags is the last, and `sl` there says sealed. */
static inline bool sealwax_own_read_head(const char* line, struct sealwax_own_mapping* mapping) {
  const char* const name = sealwax_own_skip(line, 5);
  uintptr_t begin;
  const char* at = sealwax_own_number(line, &begin);
  if (at == line || *at != '-')
    return false;
  mapping->range.begin = begin;
  at = sealwax_own_number(at + 1, &mapping->range.end);
  mapping->no_access = strncmp(at, " ---", 4) == 0;
  mapping->of_kernel = sealwax_own_is_of_kernel(name);
  mapping->stack = strcmp(name, "[stack]") == 0;
  mapping->sealed = false;
  return true;
}

/* Whether the list goes on past `address`. */
static inline bool sealwax_own_take(const struct sealwax_own_mapping* next, uintptr_t address,
                                    struct sealwax_own_place* place) {
  if (next->range.end <= address) {
    place->before = *next;
  } else if (next->range.begin <= address) {
    place->here = *next;
  } else {
    place->behind = *next;
    return true;
  }
  return false;
}

static inline int sealwax_own_find(uintptr_t address, struct sealwax_own_place* place) {
  struct sealwax_own_mapping next;
  struct sealwax_own_lines lines;
  bool past = false;
  const long file =
      sealwax_own_call(SYS_openat, (uintptr_t)(long)sealwax_own_at_fdcwd,
                       (uintptr_t) "/proc/self/smaps", sealwax_own_o_rdonly_cloexec, 0, 0);
  memset(place, 0, sizeof *place);
  memset(&next, 0, sizeof next);
  if (sealwax_own_error(file) != 0)
    return sealwax_own_error(file);
  lines.file = (int)file;
  lines.error = 0;
  lines.at = lines.end = 0;
  while (!past && sealwax_own_next_line(&lines)) {
    if (sealwax_own_read_head(lines.line, &next))
      continue;
    if (strncmp(lines.line, "VmFlags:", 8) == 0) {
      next.sealed = strstr(lines.line, " sl") != NULL;
      past = sealwax_own_take(&next, address, place);
    }
  }
  (void)sealwax_own_call(SYS_close, (uintptr_t)file, 0, 0, 0, 0);
  return lines.error;
}

/* struct dl_phdr_info up to what is needed, and dl_iterate_phdr(3): <link.h> has them only where
   _GNU_SOURCE is defined. */
struct sealwax_own_object {
  Elf64_Addr bias;
  const char* name;
  const Elf64_Phdr* headers;
  Elf64_Half count;
};
extern int sealwax_own_iterate(int (*visit)(struct sealwax_own_object*, size_t, void*),
                               void* context) __asm__("dl_iterate_phdr");

struct sealwax_own_search {
  uintptr_t address;
  size_t page;
  enum sealwax_region region;
};

/* A segment that is writable and executable at once counts as data. */
static inline enum sealwax_region sealwax_own_region_of(const Elf64_Phdr* segment) {
  if ((segment->p_flags & PF_W) != 0)
    return SEALWAX_DATA;
  if ((segment->p_flags & PF_X) != 0)
    return SEALWAX_TEXT;
  return (segment->p_flags & PF_R) != 0 ? SEALWAX_RODATA : SEALWAX_GAPS;
}

/* Segments are of whole pages, and of two that share one the later was mapped over the earlier.
   What ld.so makes read-only for PT_GNU_RELRO is rounded down at both ends (glibc,
   _dl_protect_relro). */
static inline int sealwax_own_look(struct sealwax_own_object* object, size_t size, void* context) {
  struct sealwax_own_search* search = (struct sealwax_own_search*)context;
  enum sealwax_region region = SEALWAX_OTHER;
  const uintptr_t mask = ~(search->page - 1);
  bool before = false, behind = false, relro = false;
  int i;
  (void)size;
  for (i = 0; i < object->count; i++) {
    const Elf64_Phdr* header = &object->headers[i];
    const uintptr_t begin = object->bias + header->p_vaddr;
    const uintptr_t end = begin + header->p_memsz;
    const uintptr_t last = (end + search->page - 1) & mask;
    if (header->p_type == PT_GNU_RELRO)
      relro = search->address >= (begin & mask) && search->address < (end & mask);
    if (header->p_type != PT_LOAD || header->p_memsz == 0)
      continue;
    before = before || search->address >= (begin & mask);
    behind = behind || search->address < last;
    if (search->address >= (begin & mask) && search->address < last)
      region = sealwax_own_region_of(header);
  }
  if (!before || !behind)
    return 0;
  if (region == SEALWAX_OTHER)
    region = SEALWAX_GAPS;
  search->region = region == SEALWAX_DATA && relro ? SEALWAX_RELRO : region;
  return 1;
}

static inline enum sealwax_region sealwax_own_region_at(uintptr_t address,
                                                        const struct sealwax_own_mapping* here) {
  struct sealwax_own_search search;
  if (here->of_kernel)
    return SEALWAX_VDSO;
  if (here->stack)
    return SEALWAX_STACK;
  search.address = address;
  search.page = sealwax_own_page();
  search.region = SEALWAX_OTHER;
  (void)sealwax_own_iterate(sealwax_own_look, &search);
  /* Anybody's mapping may lie in a hole between segments. */
  return search.region == SEALWAX_GAPS && !here->no_access ? SEALWAX_OTHER : search.region;
}

/* The shim's own function, or null. By the global offset table, in position-dependent code as well:
   a direct weak reference is settled when that is linked. */
typedef int sealwax_own_has_sealed(const void* address);
static inline sealwax_own_has_sealed* sealwax_own_shim(void) {
  sealwax_own_has_sealed* function;
#if defined(__x86_64__)
  __asm__(".weak sealwax_shim_has_sealed\n\t"
          "movq sealwax_shim_has_sealed@GOTPCREL(%%rip), %0"
          : "=r"(function));
#else
  __asm__(".weak sealwax_shim_has_sealed\n\t"
          "adrp %0, :got:sealwax_shim_has_sealed\n\t"
          "ldr %0, [%0, :got_lo12:sealwax_shim_has_sealed]"
          : "=r"(function));
#endif
  return function;
}

static inline bool sealwax_own_guards(const struct sealwax_own_mapping* guard) {
  return guard->no_access && guard->sealed;
}

static inline enum sealwax_sealer sealwax_own_sealer_of(const void* address,
                                                        enum sealwax_region region,
                                                        const struct sealwax_own_place* place) {
  const struct sealwax_own_range ro = sealwax_own_ro();
  sealwax_own_has_sealed* const shim = sealwax_own_shim();
  if (!place->here.sealed)
    return SEALWAX_BY_NOBODY;
  if (shim != NULL && shim(address) != 0)
    return SEALWAX_BY_SHIM;
  if (region == SEALWAX_VDSO)
    return SEALWAX_BY_KERNEL;
  if ((uintptr_t)address >= ro.begin && (uintptr_t)address < ro.end)
    return SEALWAX_BY_INTERFACE;
  return region == SEALWAX_OTHER && sealwax_own_guards(&place->before) &&
                 sealwax_own_guards(&place->behind) &&
                 place->before.range.end == place->here.range.begin &&
                 place->behind.range.begin == place->here.range.end
             ? SEALWAX_BY_INTERFACE
             : SEALWAX_BY_OTHERS;
}

static inline struct sealwax_state sealwax_query(const void* address) {
  struct sealwax_state state;
  struct sealwax_own_place place;
  memset(&state, 0, sizeof state);
  state.error = sealwax_own_find((uintptr_t)address, &place);
  if (state.error != 0 || place.here.range.end == 0)
    return state;
  state.begin = place.here.range.begin;
  state.end = place.here.range.end;
  state.sealed = place.here.sealed;
  state.region = sealwax_own_region_at((uintptr_t)address, &place.here);
  state.by = sealwax_own_sealer_of(address, state.region, &place);
  return state;
}

static inline const char* sealwax_region_name(enum sealwax_region region) {
  switch (region) {
  case SEALWAX_NONE:
    return "none";
  case SEALWAX_OTHER:
    return "other";
  case SEALWAX_TEXT:
    return "text";
  case SEALWAX_RODATA:
    return "rodata";
  case SEALWAX_RELRO:
    return "relro";
  case SEALWAX_GAPS:
    return "gaps";
  case SEALWAX_DATA:
    return "data";
  case SEALWAX_VDSO:
    return "vdso";
  case SEALWAX_STACK:
    return "stack";
  }
  return "unknown";
}

static inline const char* sealwax_sealer_name(enum sealwax_sealer sealer) {
  switch (sealer) {
  case SEALWAX_BY_NOBODY:
    return "nobody";
  case SEALWAX_BY_KERNEL:
    return "kernel";
  case SEALWAX_BY_SHIM:
    return "shim";
  case SEALWAX_BY_INTERFACE:
    return "interface";
  case SEALWAX_BY_OTHERS:
    return "others";
  }
  return "unknown";
}

#pragma GCC diagnostic pop

#ifdef __cplusplus
}
#endif

#endif
