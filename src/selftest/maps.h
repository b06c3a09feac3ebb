// SPDX-License-Identifier: Apache-2.0
// One's own mappings, read from /proc/self/smaps without malloc or stdio: both would make mappings
// while they are being counted.
#pragma once

#include "selftest/raw.h"

#include <fcntl.h>

/// Pages, from the first to behind the last.
struct extent {
  uintptr_t start;
  uintptr_t end;
};

struct mapping {
  uintptr_t start;
  uintptr_t end;
  bool readable;
  bool writable;
  bool executable;
  bool anonymous;
  bool sealed;
  char name[200];
};

struct line_reader {
  int file;
  size_t filled;
  size_t used;
  char text[4096];
};

static inline bool next_line(struct line_reader* in, char* line, size_t size) {
  size_t length = 0;
  for (;;) {
    if (in->used == in->filled) {
      const long got = raw3(SYS_read, in->file, in->text, sizeof in->text);
      if (got <= 0) {
        return false;
      }
      in->filled = (size_t)got;
      in->used = 0;
    }
    const char letter = in->text[in->used++];
    if (letter == '\n') {
      line[length] = 0;
      return true;
    }
    if (length + 1 < size) {
      line[length++] = letter;
    }
  }
}

static inline uintptr_t take_hexadecimal(const char** text) {
  uintptr_t value = 0;
  for (;; ++*text) {
    const char letter = **text;
    if (letter >= '0' && letter <= '9') {
      value = value * 16 + (uintptr_t)(letter - '0');
    } else if (letter >= 'a' && letter <= 'f') {
      value = value * 16 + (uintptr_t)(letter - 'a' + 10);
    } else {
      return value;
    }
  }
}

/// The text after `count` more runs of spaces.
static inline const char* skip_fields(const char* text, int count) {
  for (; count > 0; count--) {
    while (*text != 0 && *text != ' ') {
      text++;
    }
    while (*text == ' ') {
      text++;
    }
  }
  return text;
}

/// Takes `start-end perms offset device inode   name`; false on any other line.
static inline bool take_mapping_line(const char* line, struct mapping* found) {
  const char* text = line;
  const uintptr_t start = take_hexadecimal(&text);
  if (text == line || *text != '-') {
    return false;
  }
  text++;
  found->start = start;
  found->end = take_hexadecimal(&text);
  const char* permissions = skip_fields(text, 1);
  found->readable = permissions[0] == 'r';
  found->writable = permissions[1] == 'w';
  found->executable = permissions[2] == 'x';
  const char* inode = skip_fields(permissions, 3);
  found->anonymous = inode[0] == '0' && (inode[1] == ' ' || inode[1] == 0);
  found->sealed = false;
  const char* name = skip_fields(inode, 1);
  size_t length = 0;
  for (; name[length] != 0 && length + 1 < sizeof found->name; length++) {
    found->name[length] = name[length];
  }
  found->name[length] = 0;
  return true;
}

/// Whether smaps' `VmFlags: rd ex mr ...` holds `sl`.
static inline bool flags_say_sealed(const char* line) {
  for (const char* flag = skip_fields(line, 1); *flag != 0; flag = skip_fields(flag, 1)) {
    if (starts_with(flag, "sl")) {
      return true;
    }
  }
  return false;
}

static inline int open_smaps(void) {
  const long file =
      raw_call(SYS_openat, AT_FDCWD, (long)"/proc/self/smaps", O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file < 0) {
    say("cannot read /proc/self/smaps: ", answer(file), "\n");
    raw3(SYS_exit_group, 99, 0, 0);
  }
  return (int)file;
}

typedef void mapping_visitor(const struct mapping*, void*);

/// Shows `visit` every mapping of this process.
static inline void for_each_mapping(mapping_visitor* visit, void* context) {
  struct line_reader in = {.file = open_smaps()};
  struct mapping current = {0};
  char line[512];
  while (next_line(&in, line, sizeof line)) {
    if (!take_mapping_line(line, &current) && starts_with(line, "VmFlags:")) {
      current.sealed = flags_say_sealed(line);
      visit(&current, context);
    }
  }
  raw3(SYS_close, in.file, 0, 0);
}

struct wanted_mapping {
  uintptr_t address;
  struct mapping* found;
  bool hit;
};

static inline void keep_if_wanted(const struct mapping* candidate, void* context) {
  struct wanted_mapping* wanted = context;
  if (wanted->address >= candidate->start && wanted->address < candidate->end) {
    *wanted->found = *candidate;
    wanted->hit = true;
  }
}

static inline bool mapping_at(const void* address, struct mapping* found) {
  struct wanted_mapping wanted = {(uintptr_t)address, found, false};
  for_each_mapping(keep_if_wanted, &wanted);
  return wanted.hit;
}

/// `sealed`, `open` or `unmapped`: the place of one address.
static inline const char* seal_of(const void* address) {
  struct mapping found;
  if (!mapping_at(address, &found)) {
    return "unmapped";
  }
  return found.sealed ? "sealed" : "open";
}
