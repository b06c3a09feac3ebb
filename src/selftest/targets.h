// SPDX-License-Identifier: Apache-2.0
// What there is to attack in a process: the regions of the program, of libraries that came in each
// of the ways in which one can come, and of the kernel's.
#pragma once

#include "selftest/primitives.h"

#include <sys/auxv.h>

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

/// An object that the loader has mapped.
struct victim {
  const char* kind;
  uintptr_t base;
  const ElfW(Phdr) * headers;
  size_t count;
  int file; ///< that it is mapped from, open for writing; -1: none
};

/// A part of one that is attacked.
struct row {
  const char* object;
  const char* region;
  struct target target;
};

static struct row rows[24];
static size_t row_count;
/// Of the library in shared memory, to be put back behind an attempt that wrote to it.
static char image[1 << 20];
static size_t image_size;

static void add_row(const char* object, const char* region, uintptr_t at, size_t size, int file,
                    size_t offset) {
  struct row* const row = &rows[row_count++];
  row->object = object;
  row->region = region;
  row->target.at = at;
  row->target.size = size;
  row->target.file = file;
  row->target.offset = (long)offset;
  const struct iovec into = {row->target.bytes, size}, from = {(void*)at, size};
  row->target.unreadable =
      raw_call(SYS_process_vm_readv, own_id(), (long)&into, 1, (long)&from, 1, 0) < 0;
}

static const ElfW(Phdr) * segment_of(const struct victim* victim, unsigned flags) {
  for (size_t i = 0; i < victim->count; i++) {
    if (victim->headers[i].p_type == PT_LOAD && victim->headers[i].p_flags == flags) {
      return &victim->headers[i];
    }
  }
  return NULL;
}

/// Both ends rounded down, as ld.so does before it protects them.
static struct extent relro_pages(const struct victim* victim) {
  for (size_t i = 0; i < victim->count; i++) {
    if (victim->headers[i].p_type == PT_GNU_RELRO) {
      const uintptr_t start = victim->base + victim->headers[i].p_vaddr;
      return (struct extent){page_of(start), page_of(start + victim->headers[i].p_memsz)};
    }
  }
  return (struct extent){0, 0};
}

/// A page of each; what the kernel maps of a program has holes between its parts, and no gaps.
static void add_rows_of(const struct victim* victim) {
  const size_t size = page_size();
  const ElfW(Phdr)* const code = segment_of(victim, PF_R | PF_X);
  const ElfW(Phdr)* const constants = segment_of(victim, PF_R);
  const struct extent relro = relro_pages(victim);
  const uintptr_t text = code == NULL ? 0 : page_of(victim->base + code->p_vaddr);
  struct mapping before;
  if (code != NULL) {
    add_row(victim->kind, "text", text, size, victim->file, page_of(code->p_offset));
  }
  if (constants != NULL) {
    add_row(victim->kind, "rodata", page_of(victim->base + constants->p_vaddr), size, victim->file,
            page_of(constants->p_offset));
  }
  if (relro.start < relro.end) {
    add_row(victim->kind, "relro", relro.start, size, victim->file, 0);
  }
  if (code != NULL && mapping_at((const void*)(text - size), &before) && !before.readable) {
    add_row(victim->kind, "gaps", text - size, size, victim->file, 0);
  }
}

struct search {
  const void* inside;
  struct victim* found;
};

static int take_if_inside(struct dl_phdr_info* info, size_t size, void* context) {
  (void)size;
  struct search* const search = context;
  const uintptr_t address = (uintptr_t)search->inside;
  for (size_t i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* const part = &info->dlpi_phdr[i];
    const uintptr_t start = info->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_LOAD && address >= start && address < start + part->p_memsz) {
      search->found->base = info->dlpi_addr;
      search->found->headers = info->dlpi_phdr;
      search->found->count = info->dlpi_phnum;
      return 1;
    }
  }
  return 0;
}

/// The object in which an address lies; without headers where there is none.
static struct victim victim_around(const char* kind, const void* inside, int file) {
  struct victim found = {.kind = kind, .file = file};
  dl_iterate_phdr(take_if_inside, &(struct search){inside, &found});
  return found;
}

/// Loads a copy of the library from a file in shared memory, and keeps that open to be written.
static void* load_from_memory(const char* path, int* file) {
  char name[64];
  const int from = open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = read(from, image, sizeof image);
  close(from);
  *file = (int)raw3(SYS_memfd_create, "library", 0, 0);
  if (size <= 0 || *file < 0 || write(*file, image, (size_t)size) != size) {
    return NULL;
  }
  image_size = (size_t)size;
  snprintf(name, sizeof name, "/proc/self/fd/%d", *file);
  return dlopen(name, RTLD_NOW);
}

/// Of a mapping of the kernel's own no part can be had: all of it.
static bool add_kernels(struct mapping* vdso) {
  if (!mapping_at((const void*)getauxval(AT_SYSINFO_EHDR), vdso) ||
      vdso->end - vdso->start > sizeof rows->target.bytes) {
    return false;
  }
  add_row("kernel", "vdso", vdso->start, vdso->end - vdso->start, -1, 0);
  return true;
}
