// SPDX-License-Identifier: Apache-2.0
// Arranges something unusual at the path that reports go to, makes two calls that a seal refuses,
// and prints what is in the folder then. The arguments: what to arrange, and the folder, in which
// the policy names `to/reports`.
#include "names.h"
#include "pages.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void must(bool done, const char* what) {
  if (!done) {
    say("cannot ", what, "\n");
    _exit(1);
  }
}

static void make_file(const char* name, const char* text, mode_t mode) {
  const int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
  must(file >= 0 && write(file, text, length_of(text)) >= 0 && fchmod(file, mode) == 0,
       "make a file");
  close(file);
}

static void arrange(const char* what) {
  must(mkdir("folder", 0755) == 0, "make the folder");
  if (same_text(what, "folder is a link")) {
    must(symlink("folder", "to") == 0, "link the folder");
    return;
  }
  must(same_text(what, "folder is missing") || rename("folder", "to") == 0, "name the folder");
  if (same_text(what, "file is a link")) {
    make_file("to/other", "", 0644);
    must(symlink("other", "to/reports") == 0, "link the file");
  } else if (same_text(what, "file is a dangling link")) {
    must(symlink("other", "to/reports") == 0, "link the file");
  } else if (same_text(what, "file is a pipe")) {
    must(mkfifo("to/reports", 0600) == 0, "make a pipe");
  } else if (same_text(what, "file is a pipe that is read")) {
    must(mkfifo("to/reports", 0600) == 0 && open("to/reports", O_RDWR) >= 0, "make a pipe");
  } else if (same_text(what, "file has another name")) {
    make_file("to/other", "", 0644);
    must(link("to/other", "to/reports") == 0, "link the file");
  } else if (same_text(what, "file is another user's")) {
    make_file("to/reports", "", 0666);
    must(chown("to/reports", 65534, 65534) == 0, "give it away");
  } else if (same_text(what, "file is at its limit")) {
    make_file("to/reports", "what was there\n", 0640);
    must(setrlimit(RLIMIT_FSIZE, &(struct rlimit){20, 20}) == 0, "limit files");
  } else if (same_text(what, "file is a folder")) {
    must(mkdir("to/reports", 0700) == 0, "make a folder");
  } else if (same_text(what, "file is there")) {
    make_file("to/reports", "what was there\n", 0640);
  } else {
    must(same_text(what, "nothing") || same_text(what, "folder is missing"), "arrange that");
  }
}

static void show_text(const char* name) {
  static char text[65536];
  const int file = open(name, O_RDONLY);
  const long size = read(file, text, sizeof text - 1);
  text[size < 0 ? 0 : size] = 0;
  fputs(text, stdout);
  close(file);
}

static void show_one(const char* folder, const char* name) {
  char path[512];
  struct stat is;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  must(lstat(path, &is) == 0, "look at a file");
  if (S_ISREG(is.st_mode)) {
    printf("%s: file %04o%s\n", path, is.st_mode & 07777, is.st_size == 0 ? ", empty" : "");
    show_text(path);
  } else {
    printf("%s: %s\n", path,
           S_ISLNK(is.st_mode)    ? "link"
           : S_ISFIFO(is.st_mode) ? "pipe"
                                  : "folder");
  }
}

static int no_dots(const struct dirent* entry) {
  return entry->d_name[0] != '.';
}

static void show_folder(const char* folder) {
  struct dirent** entries;
  const int count = scandir(folder, &entries, no_dots, alphasort);
  for (int i = 0; i < count; i++) {
    show_one(folder, entries[i]->d_name);
  }
}

/// So that the next run finds nothing of this one.
static void clear(void) {
  const char* const names[] = {"to/reports", "to/other", "folder/reports", "to", "folder"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    remove(names[i]);
  }
}

static __attribute__((noinline)) void protect(void) {
  long result = mprotect((void*)(uintptr_t)pages_in("text"), page_size(), PROT_NONE);
  stay(result);
  printf("mprotect: %s\n", libc_answer(result));
}

static __attribute__((noinline)) void unmap(void) {
  long result = munmap((void*)(uintptr_t)pages_in("text"), page_size());
  stay(result);
  printf("munmap: %s\n", libc_answer(result));
}

int main(int count, char** words) {
  must(count == 3 && chdir(words[2]) == 0, "go there");
  arrange(words[1]);
  let("text", (uintptr_t)pages_in("text"));
  let("page", page_size());
  umask(0);
  protect();
  unmap();
  if (access("to", F_OK) == 0) {
    show_folder("to");
  } else {
    printf("no folder\n");
  }
  clear();
}
