// SPDX-License-Identifier: Apache-2.0
/* How sealwax_query() finds its answer, and what its constants are called: a part of sealwax.h,
   which includes it and says what it is for. */
#ifndef SEALWAX_QUERY_H
#define SEALWAX_QUERY_H

#ifndef SEALWAX_SEALWAX_H
#error "Include <sealwax/sealwax.h>: this is a part of it."
#endif

/* As fcntl(2) has them; -std=c11 hides both names in <fcntl.h>. */
enum { sealwax_own_at_fdcwd = -100, sealwax_own_o_rdonly_cloexec = 02000000 };

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
                       (uintptr_t)("/proc/self/smaps"), sealwax_own_o_rdonly_cloexec, 0, 0);
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

#endif
