// SPDX-License-Identifier: Apache-2.0
// What of a loaded object is sealed, region by region, read from its program headers and the
// kernel's own account of the mappings.
#pragma once

#include "maps.h"

#include <elf.h>
#include <link.h>

struct object {
  const char* name;
  uintptr_t base;
  const ElfW(Phdr) * headers;
  size_t count;
};

/// How many bytes of an extent, or of several, are what.
struct tally {
  size_t sealed;
  size_t open;
  size_t unmapped;
  size_t anonymous;
};

struct tally_job {
  struct extent extent;
  bool only_without_permission;
  struct tally* tally;
};

static inline void count_mapping(const struct mapping* m, void* context) {
  struct tally_job* job = context;
  const uintptr_t start = m->start > job->extent.start ? m->start : job->extent.start;
  const uintptr_t end = m->end < job->extent.end ? m->end : job->extent.end;
  const bool permitted = m->readable || m->writable || m->executable;
  if (start >= end) {
    return;
  }
  job->tally->unmapped -= end - start;
  if (job->only_without_permission && permitted) {
    return;
  }
  *(m->sealed ? &job->tally->sealed : &job->tally->open) += end - start;
  job->tally->anonymous += m->anonymous ? end - start : 0;
}

static inline void add_extent(struct extent extent, bool only_without_permission,
                              struct tally* tally) {
  if (extent.start < extent.end) {
    struct tally_job job = {extent, only_without_permission, tally};
    tally->unmapped += extent.end - extent.start;
    for_each_mapping(count_mapping, &job);
  }
}

static inline const char* word_for(const struct tally* tally) {
  if (tally->sealed + tally->open + tally->unmapped == 0) {
    return "none";
  }
  if (tally->sealed + tally->open == 0) {
    return "unmapped";
  }
  if (tally->unmapped != 0 && tally->open != 0) {
    return "open beside holes";
  }
  return tally->open == 0 ? "sealed" : tally->sealed == 0 ? "open" : "partly sealed";
}

static inline struct extent pages_of(const struct object* object, const ElfW(Phdr) * segment) {
  const uintptr_t start = object->base + segment->p_vaddr;
  return (struct extent){page_of(start), next_page_of(start + segment->p_memsz)};
}

/// RELRO's pages, both ends rounded down, as ld.so does before it protects them.
static inline struct extent relro_of(const struct object* object) {
  for (size_t i = 0; i < object->count; i++) {
    if (object->headers[i].p_type == PT_GNU_RELRO) {
      const uintptr_t start = object->base + object->headers[i].p_vaddr;
      return (struct extent){page_of(start), page_of(start + object->headers[i].p_memsz)};
    }
  }
  return (struct extent){0, 0};
}

struct region_tallies {
  struct tally text;
  struct tally rodata;
  struct tally relro;
  struct tally gaps;
  struct tally data;
};

static inline void add_segment(const struct object* object, const ElfW(Phdr) * segment,
                               struct region_tallies* tallies) {
  const struct extent pages = pages_of(object, segment);
  if ((segment->p_flags & PF_W) == 0) {
    add_extent(pages, false, (segment->p_flags & PF_X) != 0 ? &tallies->text : &tallies->rodata);
    return;
  }
  const struct extent relro = relro_of(object);
  if (relro.start >= pages.start && relro.start < pages.end) {
    add_extent((struct extent){pages.start, relro.start}, false, &tallies->data);
    add_extent((struct extent){relro.end, pages.end}, false, &tallies->data);
  } else {
    add_extent(pages, false, &tallies->data);
  }
}

static inline struct region_tallies tallies_of(const struct object* object) {
  struct region_tallies tallies = {0};
  uintptr_t end_of_last = 0;
  for (size_t i = 0; i < object->count; i++) {
    const ElfW(Phdr)* segment = &object->headers[i];
    if (segment->p_type != PT_LOAD) {
      continue;
    }
    if (end_of_last != 0) {
      const struct extent between = {end_of_last, pages_of(object, segment).start};
      add_extent(between, true, &tallies.gaps);
    }
    add_segment(object, segment, &tallies);
    end_of_last = pages_of(object, segment).end;
  }
  add_extent(relro_of(object), false, &tallies.relro);
  return tallies;
}

static inline const char* place_of_relro(const struct tally* relro) {
  if (relro->sealed + relro->open == 0) {
    return "";
  }
  return relro->anonymous == 0                             ? " (file)"
         : relro->anonymous == relro->sealed + relro->open ? " (private)"
                                                           : " (mixed)";
}

/// `NAME: text sealed, rodata sealed, relro sealed (private), gaps none, data open`
static inline void say_regions(const struct object* object) {
  const struct region_tallies t = tallies_of(object);
  say(object->name, ": text ", word_for(&t.text), ", rodata ", word_for(&t.rodata), ", relro ",
      word_for(&t.relro), place_of_relro(&t.relro), ", gaps ", word_for(&t.gaps), ", data ",
      word_for(&t.data), "\n");
}

static inline bool is_all(const struct tally* tally, const char* word) {
  const char* is = word_for(tally);
  return same_text(is, word) || same_text(is, "none") || same_text(is, "unmapped");
}

/// `NAME: sealed` where the object is as the default policy wants it, `NAME: open` where nothing
/// touched it, and region by region where it is neither.
static inline void say_seals(const struct object* object) {
  const struct region_tallies t = tallies_of(object);
  const bool data_is_open = is_all(&t.data, "open");
  if (data_is_open && is_all(&t.text, "sealed") && is_all(&t.rodata, "sealed") &&
      is_all(&t.relro, "sealed") && is_all(&t.gaps, "sealed") &&
      t.relro.anonymous == t.relro.sealed) {
    say(object->name, ": sealed\n");
  } else if (data_is_open && is_all(&t.text, "open") && is_all(&t.rodata, "open") &&
             is_all(&t.relro, "open") && is_all(&t.gaps, "open") && t.relro.anonymous == 0) {
    say(object->name, ": open\n");
  } else {
    say_regions(object);
  }
}
