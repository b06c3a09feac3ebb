// SPDX-License-Identifier: Apache-2.0
// Maps code as a loader of one's own does, from a file and from elsewhere, and prints what of it is
// sealed. The argument is the file.
#include "maps.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

enum { rw = PROT_READ | PROT_WRITE, rx = PROT_READ | PROT_EXEC };
enum { anonymous = MAP_PRIVATE | MAP_ANONYMOUS };

static size_t page;
static int file;

static void show(const char* what, const void* at) {
  say(what, ": ", at == MAP_FAILED ? "not mapped" : seal_of(at), "\n");
}

static void* map_file(int protection) {
  return mmap(NULL, 2 * page, protection, MAP_PRIVATE, file, 0);
}

static void* made_code(void* at) {
  mprotect(at, 2 * page, rx);
  return at;
}

static void map_code_of_the_file(void) {
  show("a file mapped executable", map_file(rx));
  show("by mmap64", mmap64(NULL, page, rx, MAP_PRIVATE, file, 0));
  show("a file made executable", made_code(map_file(PROT_READ)));
  show("a file written to and made executable", made_code(map_file(rw)));
  void* const by_key = map_file(PROT_READ);
  pkey_mprotect(by_key, page, rx, -1);
  show("by pkey_mprotect", by_key);
  show("the rest of that", (char*)by_key + page);
  show("a file mapped readable", map_file(PROT_READ));
}

static void map_code_of_one_s_own(void) {
  show("memory mapped executable", mmap(NULL, page, rx, anonymous, -1, 0));
  show("memory made executable", made_code(mmap(NULL, 2 * page, rw, anonymous, -1, 0)));
  // A second view of memory that is written through the first, as some compilers at run time have.
  const int memory = memfd_create("code", MFD_CLOEXEC);
  if (ftruncate(memory, (long)page) == 0) {
    show("a second view", mmap(NULL, page, rx, MAP_SHARED, memory, 0));
  }
}

/// Memory, the file, memory: as a loader lays out segments in a reservation.
static void map_code_between_memory(void) {
  char* const room = mmap(NULL, 4 * page, PROT_READ, anonymous, -1, 0);
  mmap(room + page, page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
  mprotect(room, 3 * page, rx);
  show("memory before a file", room);
  show("the file", room + page);
  show("memory behind it", room + 2 * page);
}

int main(int count, char** words) {
  page = page_size();
  file = count > 1 ? open(words[1], O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) {
    return 1;
  }
  map_code_of_the_file();
  map_code_of_one_s_own();
  map_code_between_memory();
  close(file);
}
