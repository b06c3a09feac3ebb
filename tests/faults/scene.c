// SPDX-License-Identifier: Apache-2.0
// What a program does while the calls that the library in it makes fail: its own work on standard
// output, and on lines that begin with `#` what it sees of itself.
//
//   scene [fill N] look | load LIBRARY... | refuse | map FILE
//
// With `fill N` there is room for N mappings more, up to the last library.
#include "marks.h"
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/// Of the library, where it is there.
extern int sealwax_shim_has_sealed(const void* address) __attribute__((weak));
struct counts {
  char magic[8];
  uint64_t size;
  uint64_t numbers[11]; // model/report/held_counts.hpp
};
extern const struct counts sealwax_held_counts __attribute__((weak));
enum { scans_left_out = 9, dropped_reports = 10 };

static void mark(int which) {
  raw3(SYS_close, which, 0, 0);
}

/// The table of mappings, filled.
struct filling {
  char* pages;
  size_t size;
};

static const size_t kFirst = 1 << 17; // pages: vm.max_map_count is 65530, or far more

/// One region that is split as often as it can be, every page of it then a mapping of its own; and
/// of these the last ones given back.
static struct filling fill_but(size_t mappings) {
  const size_t page = page_size();
  struct filling filling = {NULL, kFirst * page};
  filling.pages = mmap(NULL, filling.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (filling.pages == MAP_FAILED) {
    say("cannot fill the table\n");
    exit(1);
  }
  char* last = filling.pages;
  while (last < filling.pages + filling.size && mprotect(last, page, PROT_READ) == 0) {
    last += 2 * page;
  }
  if (last >= filling.pages + filling.size) {
    say("the table is not full\n");
    exit(1);
  }
  // What is behind the last one is one mapping more.
  munmap(last, filling.size - (size_t)(last - filling.pages));
  for (char* begin = last; mappings > 1; mappings--) {
    begin -= page;
    munmap(begin, page);
  }
  return filling;
}

struct share {
  const char* name;
  char permissions[5];
  size_t sealed;
  size_t private_memory;
};

struct account {
  struct object_list objects;
  size_t count;
  struct share shares[1024];
};

static bool lies_in(const struct object* object, uintptr_t at) {
  for (size_t i = 0; i < object->count; i++) {
    const ElfW(Phdr)* segment = &object->headers[i];
    const struct extent pages = pages_of(object, segment);
    if (segment->p_type == PT_LOAD && at < pages.end && at >= page_of(object->base)) {
      return true;
    }
  }
  return false;
}

static const char* owner_of(const struct account* account, const struct mapping* m) {
  if (is_kernels_own(m->name)) {
    return "vdso";
  }
  if (same_text(m->name, "[stack]")) {
    return "stack";
  }
  const struct object* owner = NULL; // the one that begins last below it
  for (size_t i = 0; i < account->objects.count; i++) {
    const struct object* object = &account->objects.objects[i];
    if (lies_in(object, m->start) && (owner == NULL || object->base > owner->base)) {
      owner = object;
    }
  }
  return owner == NULL ? NULL : owner->name;
}

static struct share* share_of(struct account* account, const char* name, const struct mapping* m) {
  const char permissions[5] = {m->readable ? 'r' : '-', m->writable ? 'w' : '-',
                               m->executable ? 'x' : '-', 0, 0};
  for (size_t i = 0; i < account->count; i++) {
    struct share* share = &account->shares[i];
    if (share->name == name && same_text(share->permissions, permissions)) {
      return share;
    }
  }
  struct share* fresh = &account->shares[account->count++];
  *fresh = (struct share){.name = name};
  for (int i = 0; i < 3; i++) {
    fresh->permissions[i] = permissions[i];
  }
  return fresh;
}

static void add_mapping(const struct mapping* m, void* context) {
  struct account* account = context;
  const char* name = owner_of(account, m);
  if (sealwax_shim_has_sealed != NULL && sealwax_shim_has_sealed((const void*)m->start) &&
      !m->sealed) {
    say("# claims ", name == NULL ? m->name : name, "\n");
  }
  if (name != NULL && account->count < sizeof account->shares / sizeof *account->shares) {
    struct share* share = share_of(account, name, m);
    share->sealed += m->sealed ? m->end - m->start : 0;
    share->private_memory += m->sealed && m->anonymous ? m->end - m->start : 0;
  }
}

/// Of all but what was loaded last, which nobody has looked at again.
///
/// `# NAME PERMISSIONS BYTES-SEALED BYTES-OF-THEM-IN-PRIVATE-MEMORY`, for each kind of mapping.
static void look(const char* last) {
  static struct account account;
  mark(mark_of_looking);
  list_objects(&account.objects);
  for_each_mapping(add_mapping, &account);
  for (size_t i = 0; i < account.count; i++) {
    const struct share* share = &account.shares[i];
    if (last != NULL && same_text(share->name, file_name_of(last))) {
      continue;
    }
    say("# ", share->name, " ", share->permissions, " ");
    say(decimal((long)share->sealed), " ");
    say(decimal((long)share->private_memory), "\n");
  }
}

/// The last one is there to have the others looked at once more.
static void load(char** libraries, struct filling filling) {
  for (; *libraries != NULL; libraries++) {
    if (libraries[1] == NULL && filling.pages != NULL) {
      munmap(filling.pages, filling.size);
    }
    void* const library = dlopen(*libraries, RTLD_NOW);
    if (library == NULL) {
      say("cannot load: ", dlerror(), "\n");
      continue;
    }
    int (*const plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
    say("loaded ", plain_answer == NULL ? "" : decimal(plain_answer()), "\n");
    if (libraries[1] == NULL) {
      dlclose(library);
    }
  }
}

/// Bare all of it is done, sealed all of it is refused, and the program has no use for either.
static void refuse(void) {
  const struct object libc = object_named("libc");
  void* const text = text_of(&libc);
  mark(mark_of_own_call);
  if (mprotect(text, page_size(), PROT_READ | PROT_WRITE | PROT_EXEC) == 0) {
    raw3(SYS_mprotect, text, page_size(), PROT_READ | PROT_EXEC);
  }
  say("went on\n");
  mark(mark_of_own_call);
  if (mprotect(text, 2 * page_size(), PROT_READ | PROT_WRITE | PROT_EXEC) == 0) {
    raw3(SYS_mprotect, text, 2 * page_size(), PROT_READ | PROT_EXEC);
  }
  say("went on\n");
}

static void map(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  mark(mark_of_own_call);
  void* const code = mmap(NULL, page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  close(file);
  say(code == MAP_FAILED ? "not mapped\n" : "mapped\n");
  mark(mark_of_looking);
  say("# code r-x ", same_text(seal_of(code), "sealed") ? "1" : "0", " 0\n");
  if (sealwax_shim_has_sealed != NULL && sealwax_shim_has_sealed(code) &&
      !same_text(seal_of(code), "sealed")) {
    say("# claims code\n");
  }
}

int main(int count, char** words) {
  struct filling filling = {NULL, 0};
  mark(mark_of_main);
  const int error = errno;
  const int descriptor = dup(STDIN_FILENO);
  say("errno ", decimal(error), "\n");
  say("first descriptor ", decimal(descriptor), "\n");
  close(descriptor);
  void* const memory = malloc(1 << 20);
  say(memory != NULL ? "memory\n" : "no memory\n");
  free(memory);
  if (count > 2 && same_text(words[1], "fill")) {
    filling = fill_but((size_t)atoi(words[2]));
    words += 2;
    count -= 2;
  }
  if (count > 1 && same_text(words[1], "load")) {
    load(words + 2, filling);
  }
  if (count > 2 && same_text(words[1], "map")) {
    map(words[2]);
  } else if (count > 1 && same_text(words[1], "refuse")) {
    refuse();
  } else {
    look(same_text(words[count - 1], "look") ? NULL : words[count - 1]);
  }
  if (&sealwax_held_counts != NULL) {
    say("# dropped ", decimal((long)sealwax_held_counts.numbers[dropped_reports]), "\n");
    say("# left-out ", decimal((long)sealwax_held_counts.numbers[scans_left_out]), "\n");
  }
  say("end\n");
  return 7;
}
