// SPDX-License-Identifier: Apache-2.0
// Pages that are the kernel's first: what a device or a socket shares, and huge ones.
#include "gain_code.h"
#include "names.h"

#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <linux/memfd.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <unistd.h>

/// The same pages once to write to, and once as code.
static void* two_views(int executable_flags, int file, off_t at) {
  void* const code_at = mmap(NULL, page, rx, executable_flags, file, at);
  return code_at != MAP_FAILED && filled(mmap(NULL, page, rw, MAP_SHARED, file, at)) != NULL
             ? code_at
             : NULL;
}

static void* secret_memory(void) {
  const int file = (int)syscall(SYS_memfd_secret, 0);
  return file >= 0 && ftruncate(file, (off_t)page) == 0 ? two_views(MAP_SHARED, file, 0) : NULL;
}

static void* entries_of_io_uring(void) {
  struct io_uring_params parameters = {.flags = 0};
  const int ring = (int)syscall(SYS_io_uring_setup, 1, &parameters);
  return two_views(MAP_SHARED | MAP_POPULATE, ring, (off_t)IORING_OFF_SQES);
}

static int packet_ring(void) {
  const int packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  const struct tpacket_req request = {(unsigned)page, 1, (unsigned)page, 1};
  return setsockopt(packets, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0 ? packets
                                                                                        : -1;
}

static void* ring_of_packets(void) {
  return two_views(MAP_SHARED, packet_ring(), 0);
}

static void* ring_of_packets_privately(void) {
  return two_views(MAP_PRIVATE, packet_ring(), 0);
}

static int xdp_ring(void) {
  const int frames = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  const int entries = 64;
  return setsockopt(frames, SOL_XDP, XDP_RX_RING, &entries, sizeof entries) == 0 ? frames : -1;
}

static void* ring_of_frames(void) {
  return two_views(MAP_SHARED, xdp_ring(), XDP_PGOFF_RX_RING);
}

static void* ring_of_frames_privately(void) {
  return two_views(MAP_PRIVATE, xdp_ring(), XDP_PGOFF_RX_RING);
}

static void* page_of_performance_events(void) {
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE,
                                  .size = sizeof event,
                                  .config = PERF_COUNT_SW_CPU_CLOCK,
                                  .disabled = 1,
                                  .exclude_kernel = 1};
  return two_views(MAP_SHARED, (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, 0), 0);
}

static void* map_of_bpf(void) {
  union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY,
                               .key_size = sizeof(int),
                               .value_size = 64,
                               .max_entries = 1,
                               .map_flags = BPF_F_MMAPABLE};
  return two_views(MAP_SHARED,
                   (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes), 0);
}

/// A file in memory, of which no page is there yet.
static int empty_file(void) {
  const char* const path = "/dev/shm/sealwax-test-empty";
  const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  unlink(path);
  return ftruncate(file, (off_t)page) == 0 ? file : -1;
}

/// The device does what userfaultfd(2) does, by another call.
static void* page_that_userfaultfds_device_fills(void) {
  const int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
  return filled_by_userfaultfd(ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC),
                               mapped(rx, MAP_PRIVATE, empty_file()));
}

void try_kernels_pages(void) {
  TRY(secret_memory);
  TRY(entries_of_io_uring);
  TRY(ring_of_packets);
  TRY(ring_of_packets_privately);
  TRY(ring_of_frames);
  TRY(ring_of_frames_privately);
  TRY(page_of_performance_events);
  TRY(map_of_bpf);
  TRY(page_that_userfaultfds_device_fills);
}

static const size_t huge = 2U << 20U; // on both architectures, with pages of 4 KiB

static void* huge_view(int protection, int flags, int file) {
  void* const at = mmap(NULL, huge, protection, flags, file, 0);
  return at == MAP_FAILED ? NULL : at;
}

static void* huge_written_then_protected(void) {
  void* const at = filled(mmap(NULL, huge, rw, private | MAP_HUGETLB, -1, 0));
  return at != NULL && mprotect(at, huge, rx) == 0 ? at : NULL;
}

static void* huge_writable_and_executable(void) {
  return filled(mmap(NULL, huge, rw | PROT_EXEC, private | MAP_HUGETLB, -1, 0));
}

static void* huge_shared_memory_written_by_a_child(void) {
  void* const at = huge_view(rx, shared | MAP_HUGETLB, -1);
  const pid_t child = at == NULL ? -1 : fork();
  if (child == 0) {
    _exit(mprotect(at, huge, rw) == 0 && filled(at) != NULL ? 0 : 1);
  }
  return child > 0 && waitpid(child, NULL, 0) == child ? at : NULL;
}

static void* huge_file_mapped(int file) {
  return ftruncate(file, (off_t)huge) == 0 &&
                 filled(mmap(NULL, huge, rw, MAP_SHARED, file, 0)) != NULL
             ? huge_view(rx, MAP_PRIVATE, file)
             : NULL;
}

static void* huge_memory_file_mapped(void) {
  return huge_file_mapped(memfd_create("code", MFD_CLOEXEC | MFD_HUGETLB));
}

static void* huge_file_that_was_written(void) {
  const char* const path = "/dev/hugepages/new";
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0700);
  unlink(path);
  return huge_file_mapped(file);
}

static void* huge_system_v_memory(void) {
  const int id = shmget(IPC_PRIVATE, huge, IPC_CREAT | SHM_HUGETLB | 0700);
  filled(shmat(id, NULL, 0));
  void* const executable = shmat(id, NULL, SHM_EXEC | SHM_RDONLY);
  shmctl(id, IPC_RMID, NULL);
  return executable == MAP_FAILED ? NULL : executable;
}

void try_huge_pages(void) {
  TRY(huge_written_then_protected);
  TRY(huge_writable_and_executable);
  TRY(huge_shared_memory_written_by_a_child);
  TRY(huge_memory_file_mapped);
  TRY(huge_file_that_was_written);
  TRY(huge_system_v_memory);
}
