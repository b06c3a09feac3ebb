// SPDX-License-Identifier: Apache-2.0
// Has the kernel put a uprobe on a function of its own and on one of libc's, once before a process
// executes this program anew and once while that one runs, and says how often each was met.
#include "objects.h"

#include <gnu/libc-version.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) int probed(void) {
  __asm__ volatile("");
  return 42;
}

struct site {
  uintptr_t address;
  char file[4096];
  unsigned long offset;
};

/// By program headers: a mapping that was replaced by private memory has no file.
static int find_file(struct dl_phdr_info* info, size_t size, void* context) {
  (void)size;
  struct site* site = context;
  const uintptr_t at = site->address - info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* part = &info->dlpi_phdr[i];
    if (part->p_type == PT_LOAD && at - part->p_vaddr < part->p_filesz) {
      site->offset = at - part->p_vaddr + part->p_offset;
      const char* name = info->dlpi_name[0] != 0 ? info->dlpi_name : "/proc/self/exe";
      return realpath(name, site->file) != NULL;
    }
  }
  return 0;
}

static int uprobe_type(void) {
  int type = -1;
  FILE* file = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
  if (file != NULL) {
    (void)!fscanf(file, "%d", &type);
    fclose(file);
  }
  return type;
}

static int set_uprobe(uintptr_t function, pid_t process) {
  struct site site = {.address = function};
  dl_iterate_phdr(find_file, &site);
  struct perf_event_attr what = {.size = sizeof what, .type = (unsigned)uprobe_type()};
  what.uprobe_path = (uintptr_t)site.file;
  what.probe_offset = site.offset;
  const long event = syscall(SYS_perf_event_open, &what, process, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (event < 0) {
    say("cannot set a uprobe: ", strerror(errno), "\n");
    _exit(1);
  }
  return (int)event;
}

struct uprobes {
  int main;
  int libc;
};

static struct uprobes set_uprobes(pid_t process) {
  return (struct uprobes){set_uprobe((uintptr_t)probed, process),
                          set_uprobe((uintptr_t)gnu_get_libc_version, process)};
}

static const char* times_met(int event) {
  unsigned long long times = 0;
  (void)!read(event, &times, sizeof times);
  close(event);
  return decimal((long)times);
}

static void say_times_met(const char* when, struct uprobes set) {
  say("set ", when, ": main's met ", times_met(set.main));
  say(" times, libc's ", times_met(set.libc), " times\n");
}

static void wait_for_word(int from) {
  char word;
  (void)!read(from, &word, 1);
}

static void meet_both(void) {
  say("answers ", decimal(probed()), " and ", gnu_get_libc_version()[0] == '2' ? "2" : "?", "\n");
}

/// Descriptor 0 hears the one that sets uprobes, and 3 tells it.
static int be_probed(void) {
  for (int i = 0; i < 2; i++) {
    meet_both();
    (void)!write(3, "", 1);
    wait_for_word(0);
  }
  return 0;
}

static void become_probed(const char* name, const int* hearing, const int* telling) {
  dup2(hearing[0], 0);
  dup2(telling[1], 3);
  wait_for_word(0);
  execl("/proc/self/exe", name, "probed", (char*)NULL);
  _exit(1);
}

int main(int count, char** words) {
  if (count > 1) {
    return be_probed();
  }
  int to[2], from[2];
  if (pipe(to) != 0 || pipe(from) != 0) {
    return 1;
  }
  const pid_t child = fork();
  if (child == 0) {
    become_probed(words[0], to, from);
  }
  const struct uprobes before = set_uprobes(child);
  (void)!write(to[1], "", 1);
  wait_for_word(from[0]);
  say_times_met("before its exec", before);
  const struct uprobes while_it_runs = set_uprobes(child);
  (void)!write(to[1], "", 1);
  wait_for_word(from[0]);
  say_times_met("while it runs", while_it_runs);
  (void)!write(to[1], "", 1);
  int status;
  waitpid(child, &status, 0);
  say("exit ", decimal(WIFEXITED(status) ? WEXITSTATUS(status) : -1), "\n");
  return 0;
}
