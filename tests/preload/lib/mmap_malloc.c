// SPDX-License-Identifier: Apache-2.0
// A malloc that gives every block a mapping of its own, so that memory calls happen at every moment
// of a program's life, in the middle of a load too.
#include "raw.h"

#include <sys/mman.h>

#include <errno.h>
#include <string.h>

/// Stands in front of each block.
struct header {
  size_t mapped;
  size_t usable;
};

void* memalign(size_t alignment, size_t size);
void* malloc(size_t size);
void* calloc(size_t count, size_t size);
void* realloc(void* block, size_t size);
void* aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void** block, size_t alignment, size_t size);
void free(void* block);

static struct header* header_of(void* block) {
  return (struct header*)block - 1;
}

void* memalign(size_t alignment, size_t size) {
  if (size > SIZE_MAX / 2 || alignment > SIZE_MAX / 4) {
    errno = ENOMEM;
    return NULL;
  }
  const size_t lead = alignment > sizeof(struct header) ? alignment : sizeof(struct header);
  const size_t mapped = next_page_of(size + 2 * lead);
  char* pages = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    errno = ENOMEM;
    return NULL;
  }
  // Blocks start in the first page unless they want more than a page's alignment, which nothing
  // here does; so the header tells where the mapping began.
  char* block = pages + lead;
  *header_of(block) = (struct header){mapped, size};
  return block;
}

void* malloc(size_t size) {
  return memalign(sizeof(struct header), size);
}

void* calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  return malloc(bytes);
}

void* realloc(void* block, size_t size) {
  void* fresh = malloc(size);
  if (block != NULL && fresh != NULL) {
    const size_t kept = header_of(block)->usable;
    memcpy(fresh, block, kept < size ? kept : size);
    free(block);
  }
  return fresh;
}

void* aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void** block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block == NULL ? ENOMEM : 0;
}

void free(void* block) {
  if (block != NULL) {
    munmap((void*)page_of((uintptr_t)header_of(block)), header_of(block)->mapped);
  }
}
