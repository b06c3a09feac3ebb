// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
// A program of a hostile image: tries to see and to change what is outside of the image, and notes
// in the image's /found who it is and what it got at. /target names what is there to be reached.
#include <arpa/inet.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct target {
  char file[PATH_MAX];       // somewhere on the host, and not in the image
  char host[256];            // the host's name
  char abstract[64];         // the name of a listener's abstract socket
  int pid, port, memory_key; // a process, a listener, System V memory
};

static FILE* found;

static void note(const char* what, int reached) {
  if (reached)
    fprintf(found, "%s\n", what);
}

static int can_open(const char* path, int flags) {
  const int file = open(path, flags);
  if (file < 0)
    return 0;
  close(file);
  return 1;
}

static int has_entries(const char* path) {
  DIR* folder = opendir(path);
  int entries = 0;
  while (folder && readdir(folder))
    ++entries;
  if (folder)
    closedir(folder);
  return entries > 2;
}

static int opens_one_of(const char* folder) {
  char path[PATH_MAX];
  int opened = 0;
  for (int i = 0; i < 64; ++i) {
    snprintf(path, sizeof path, "%s/%d", folder, i);
    opened |= can_open(path, O_RDONLY | O_NONBLOCK);
  }
  return opened;
}

static int root_of(int pid, const char* file) {
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "/proc/%d/root%s", pid, file);
  return can_open(path, O_RDONLY);
}

/// The way out of a plain chroot.
static int escape(const char* file) {
  if (fork() == 0) {
    mkdir("/tmp", 0755);
    if (chroot("/tmp") != 0)
      _exit(1);
    for (int i = 0; i < 64; ++i)
      if (chdir("..") != 0)
        _exit(1);
    _exit(chroot(".") == 0 && can_open(file, O_RDONLY) ? 0 : 1);
  }
  int status = 1;
  wait(&status);
  return status == 0;
}

static int inherited_descriptors(void) {
  int open_ones = 0;
  for (int i = 3; i < 1024; ++i)
    open_ones += i != fileno(found) && fcntl(i, F_GETFD) >= 0;
  return open_ones;
}

static int is_pipe(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

static int make_device(const char* path) {
  if (mknod(path, S_IFCHR | 0600, 1 << 8 | 3) != 0)
    return 0;
  unlink(path);
  return 1;
}

static int make_file(const char* path) {
  if (!can_open(path, O_WRONLY | O_CREAT | O_EXCL))
    return 0;
  unlink(path);
  return 1;
}

static int connects(int family, const void* address, size_t size) {
  const int one = socket(family, SOCK_STREAM, 0);
  const int reached = connect(one, address, (socklen_t)size) == 0;
  close(one);
  return reached;
}

static int connects_to_port(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connects(AF_INET, &address, sizeof address);
}

static int connects_to(const char* name, int is_abstract) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path + is_abstract, name, strlen(name));
  return connects(AF_UNIX, &address,
                  offsetof(struct sockaddr_un, sun_path) + (size_t)is_abstract + strlen(name));
}

/// Not all zeros behind one of the names in /proc/self/status.
static int has_capabilities(void) {
  FILE* status = fopen("/proc/self/status", "r");
  char line[256];
  int some = 0;
  while (status && fgets(line, sizeof line, status))
    if (strncmp(line, "Cap", 3) == 0)
      some |= strtoull(line + 7, NULL, 16) != 0;
  if (status)
    fclose(status);
  return some;
}

static int has_name(const char* host) {
  char name[256] = "";
  gethostname(name, sizeof name);
  return strcmp(name, host) == 0;
}

static int mounts(void) {
  if (mount("probe", "/proc", "tmpfs", 0, NULL) != 0)
    return 0;
  umount("/proc");
  return 1;
}

static void try_all(const struct target* target) {
  note("the root directory of its parent", root_of(getppid(), target->file));
  note("the root directory of PID 1", root_of(1, target->file));
  note("the way out of a chroot", escape(target->file));
  note("the program of PID 1", can_open("/proc/1/exe", O_RDONLY));
  note("the descriptors of PID 1", opens_one_of("/proc/1/fd"));
  note("PID 1 by ptrace", ptrace(PTRACE_SEIZE, 1, 0, 0) == 0);
  note("an inherited descriptor", inherited_descriptors());
  note("a standard stream that is no pipe", !is_pipe(0) || !is_pipe(1) || !is_pipe(2));
  note("a capability", has_capabilities());
  note("a new device", make_device("/dev/probe") || make_device("/probe"));
  note("a new file in /dev", make_file("/dev/probe"));
  note("the mode of /dev/null", chmod("/dev/null", 0666) == 0);
  note("a kernel setting", can_open("/proc/sys/kernel/core_pattern", O_WRONLY));
  note("the kernel's /sys", has_entries("/sys"));
  note("a mount", mounts());
  note("a listener's port", connects_to_port(target->port));
  note("a listener's abstract socket", connects_to(target->abstract, 1));
  note("a listener's socket in /run", connects_to("/run/listener", 0));
  note("shared memory", shmget(target->memory_key, 1, 0) >= 0);
  note("the host's name", has_name(target->host));
  note("a process", kill(target->pid, SIGTERM) == 0);
}

int main(void) {
  struct target target;
  FILE* file = fopen("/target", "r");
  if (!file || fscanf(file, "%4095s %255s %63s %d %d %d", target.file, target.host, target.abstract,
                      &target.pid, &target.port, &target.memory_key) != 6)
    return 1;
  fclose(file);
  found = fopen("/found", "a");
  if (!found)
    return 1;
  fprintf(found, "user %d as %d:\n", (int)getuid(), (int)geteuid());
  try_all(&target);
  fclose(found);
  return 0;
}
