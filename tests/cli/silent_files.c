// SPDX-License-Identifier: Apache-2.0
/* silent_files FOLDER told|detached: mounts a FUSE file system on FOLDER, in a mount namespace of
   its own, whose one file never answers a read; maps that file, and begins its first page's mapping
   as an object's does; with `detached` takes the mount out of /proc/PID/mountinfo. Says so, and
   ends with its standard input. As a library it does the same in its constructor, as SILENT_FOLDER
   and SILENT_HOW say, and leaves the rest to the program. */
#define _GNU_SOURCE
#include <linux/fuse.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOT = 1, FILE_NODE = 2, FILE_SIZE = 1 << 20, PAGE = 4096 };

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void answer(int device, uint64_t request, int error, const void* data, size_t size) {
  struct fuse_out_header head = {
      .len = (uint32_t)(sizeof head + size), .error = error, .unique = request};
  struct iovec parts[] = {{&head, sizeof head}, {(void*)data, size}};
  if (writev(device, parts, 2) < 0)
    _exit(1);
}

static struct fuse_attr attributes(uint64_t node) {
  struct fuse_attr found = {.ino = node, .nlink = 1, .blksize = PAGE};
  found.mode = node == ROOT ? S_IFDIR | 0755 : S_IFREG | 0755;
  found.size = node == ROOT ? 0 : FILE_SIZE;
  return found;
}

/* All but reads, which are taken and not answered: then not even SIGKILL ends who waits. */
static void serve(int device) {
  static char request[1 << 20];
  while (read(device, request, sizeof request) > 0) {
    const struct fuse_in_header* head = (const void*)request;
    if (head->opcode == FUSE_INIT) {
      struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                  .minor = FUSE_KERNEL_MINOR_VERSION,
                                  .max_readahead = PAGE,
                                  .max_write = PAGE};
      answer(device, head->unique, 0, &out, sizeof out);
    } else if (head->opcode == FUSE_LOOKUP) {
      struct fuse_entry_out out = {.nodeid = FILE_NODE, .attr_valid = 60, .entry_valid = 60};
      out.attr = attributes(FILE_NODE);
      answer(device, head->unique, 0, &out, sizeof out);
    } else if (head->opcode == FUSE_GETATTR) {
      struct fuse_attr_out out = {.attr_valid = 60, .attr = attributes(head->nodeid)};
      answer(device, head->unique, 0, &out, sizeof out);
    } else if (head->opcode == FUSE_OPEN) {
      struct fuse_open_out out = {.fh = 1};
      answer(device, head->unique, 0, &out, sizeof out);
    } else if (head->opcode != FUSE_READ && head->opcode != FUSE_FORGET &&
               head->opcode != FUSE_INTERRUPT) {
      answer(device, head->unique, -38, NULL, 0); /* ENOSYS */
    }
  }
  _exit(0);
}

static int mount_on(const char* folder) {
  char options[64];
  int device = open("/dev/fuse", O_RDWR);
  if (device < 0)
    fail("/dev/fuse");
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("silent", folder, "fuse", 0, options) != 0)
    fail("mount");
  return device;
}

/* The PID of the one that answers, which ends with this process. */
static pid_t map_silent_file(const char* folder, const char* how) {
  int device = mount_on(folder);
  pid_t server = fork();
  if (server == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(device);
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/file", folder);
  int file = open(path, O_RDONLY);
  if (file < 0 || mmap(NULL, FILE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED)
    fail(path);
  if (strcmp(how, "detached") == 0 && umount2(folder, MNT_DETACH) != 0)
    fail("umount2");
  close(file);
  close(device);
  return server;
}

#ifdef AS_LIBRARY
__attribute__((constructor)) static void before_main(void) {
  const char* folder = getenv("SILENT_FOLDER");
  /* The tool itself is preloaded too, by the same variable. */
  if (folder != NULL && strcmp(program_invocation_short_name, "sealwax") != 0)
    map_silent_file(folder, getenv("SILENT_HOW"));
}
#else
int main(int count, char** arguments) {
  if (count != 3)
    return 64;
  pid_t server = map_silent_file(arguments[1], arguments[2]);
  puts("ready");
  fflush(stdout);
  (void)!getchar();
  kill(server, SIGKILL);
  return 0;
}
#endif
