// SPDX-License-Identifier: Apache-2.0
/* What Sealwax rests on of the kernel, a term a line (TAP, as the kernel's own selftests). Each
   term names the kernel's source that it is from. A kernel that breaks one is told by name, before
   a program is harmed by it. Ends with 1 where a term is broken. */
#include "terms.h"

#include <linux/userfaultfd.h>
#include <sys/auxv.h>
#include <sys/shm.h>

/* Sealing. */

static enum verdict nothing_is_sealed_without_an_error(void) {
  return when(answers(syscall(SYS_mseal, 0, 0, 0), 0));
}

static enum verdict sealing_twice_is_sealing_once(void) {
  char* const at = sealed_memory(1, PROT_READ);
  return when(answers(seal(at, page), 0));
}

static enum verdict flags_are_refused(void) {
  return when(answers(syscall(SYS_mseal, memory(1, PROT_READ), page, 1), EINVAL));
}

static enum verdict a_hole_is_an_error_and_nothing_is_sealed(void) {
  char* const at = memory(3, PROT_READ);
  munmap(at + page, page);
  return when(answers(seal(at, 3 * page), ENOMEM) && answers(munmap(at, page), 0) &&
              answers(munmap(at + 2 * page, page), 0));
}

static enum verdict one_call_seals_several_mappings(void) {
  char* const at = memory(2, PROT_READ);
  mprotect(at, page, PROT_READ | PROT_WRITE);
  return when(answers(seal(at, 2 * page), 0) && answers(munmap(at, page), EPERM) &&
              answers(munmap(at + page, page), EPERM));
}

static enum verdict smaps_shows_a_seal(void) {
  char line[1024];
  return when(smaps_line(sealed_memory(1, PROT_READ), "VmFlags:", line, sizeof line) &&
              strstr(line, " sl") != NULL &&
              smaps_line(memory(1, PROT_NONE), "VmFlags:", line, sizeof line) &&
              strstr(line, " sl") == NULL);
}

/* What a seal refuses. */

static enum verdict sealed_memory_is_not_unmapped(void) {
  char* const at = sealed_memory(1, PROT_READ);
  return when(answers(munmap(at, page), EPERM) && holds(at, kMark));
}

static enum verdict unmapping_is_all_or_nothing(void) {
  char* const at = memory(2, PROT_READ);
  seal(at + page, page);
  return when(answers(munmap(at, 2 * page), EPERM) && holds(at, kMark));
}

static enum verdict sealed_memory_keeps_its_protection(void) {
  char* const at = sealed_memory(1, PROT_READ);
  char line[1024];
  return when(answers(mprotect(at, page, PROT_READ | PROT_WRITE), EPERM) &&
              // Where there are no protection keys there need not be this call.
              syscall(SYS_pkey_mprotect, at, page, PROT_READ | PROT_WRITE, -1) == -1 &&
              (errno == EPERM || errno == ENOSYS) && smaps_line(at, NULL, line, sizeof line) &&
              strstr(line, " r--p ") != NULL);
}

static enum verdict a_change_of_protection_can_be_made_in_part(void) {
  char* const at = memory(2, PROT_READ);
  seal(at + page, page);
  if (!answers(mprotect(at, 2 * page, PROT_READ | PROT_WRITE), EPERM)) {
    return broken;
  }
  char line[1024];
  return when(smaps_line(at + page, NULL, line, sizeof line) && strstr(line, " r--p ") != NULL);
}

static enum verdict sealed_memory_is_not_moved(void) {
  char* const at = sealed_memory(2, PROT_READ);
  return when(mremap(at, 2 * page, page, 0) == MAP_FAILED && errno == EPERM &&
              mremap(at, 2 * page, 4 * page, MREMAP_MAYMOVE) == MAP_FAILED && errno == EPERM &&
              holds(at, kMark));
}

static enum verdict nothing_is_moved_over_sealed_memory(void) {
  char* const at = sealed_memory(1, PROT_READ);
  char* const other = memory(1, PROT_READ | PROT_WRITE);
  memset(other, 'o', page);
  return when(mremap(other, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED &&
              errno == EPERM && holds(at, kMark));
}

static enum verdict nothing_is_mapped_over_sealed_memory(void) {
  char* const at = sealed_memory(1, PROT_READ);
  return when(mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                  MAP_FAILED &&
              errno == EPERM && holds(at, kMark));
}

static enum verdict nothing_is_attached_over_sealed_memory(void) {
  char* const at = sealed_memory(1, PROT_READ);
  const int segment = shmget(IPC_PRIVATE, page, IPC_CREAT | 0600);
  if (segment < 0) {
    return absent;
  }
  const bool refused = shmat(segment, at, SHM_REMAP) == (void*)-1;
  shmctl(segment, IPC_RMID, NULL);
  return when(refused && holds(at, kMark));
}

static enum verdict sealed_anonymous_memory_keeps_its_bytes(void) {
  char* const at = sealed_memory(1, PROT_READ);
  static const int kAdvices[] = {MADV_DONTNEED, MADV_FREE, DONTNEED_LOCKED, MADV_DONTFORK,
                                 MADV_WIPEONFORK};
  for (size_t i = 0; i < sizeof kAdvices / sizeof *kAdvices; i++) {
    if (!answers(madvise(at, page, kAdvices[i]), EPERM)) {
      return broken;
    }
  }
  return when(holds(at, kMark));
}

/* Linux 6.13; EINVAL before it, whoever asks. */
static enum verdict no_guard_is_put_into_sealed_anonymous_memory(void) {
  if (answers(madvise(memory(1, PROT_READ | PROT_WRITE), page, GUARD_INSTALL), EINVAL)) {
    return absent;
  }
  char* const at = sealed_memory(1, PROT_READ);
  return when(answers(madvise(at, page, GUARD_INSTALL), EPERM) && holds(at, kMark));
}

static bool cannot_be_unmapped(void* at) {
  return answers(munmap(at, page), EPERM);
}

static enum verdict a_forked_child_has_the_seals(void) {
  return when(in_child(cannot_be_unmapped, sealed_memory(1, PROT_READ)));
}

/* What a seal lets pass: text says of these that they stay open. */

static enum verdict a_sealed_mapping_of_a_file_can_lose_its_bytes(void) {
  char* const at = sealed_mapping_of_file('c');
  return when(answers(madvise(at, page, MADV_DONTNEED), 0) && holds(at, kMark));
}

static bool has_a_hole(void* at) {
  return !is_mapped(at);
}

static enum verdict a_sealed_mapping_of_a_file_can_be_kept_from_children(void) {
  char* const at = sealed_mapping_of_file('c');
  return when(answers(madvise(at, page, MADV_DONTFORK), 0) && in_child(has_a_hole, at));
}

static enum verdict sealed_writable_memory_can_lose_its_bytes(void) {
  char* const at = sealed_memory(1, PROT_READ | PROT_WRITE);
  return when(answers(madvise(at, page, MADV_DONTNEED), 0) && holds(at, 0));
}

/* How a mapping becomes private anonymous memory. */

static enum verdict a_copy_takes_the_place_of_a_mapping_of_a_file(void) {
  const int file = file_of_mark();
  char* const at = mmap(NULL, page, PROT_READ, MAP_PRIVATE, file, 0);
  char* const copy = memory(1, PROT_READ | PROT_WRITE);
  memset(copy, 'c', page);
  mprotect(copy, page, PROT_READ);
  const void* const moved =
      mremap(copy, page, page, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at);
  char line[1024];
  return when(moved == at && holds(at, 'c') && smaps_line(at, NULL, line, sizeof line) &&
              strstr(line, " r--p ") != NULL && strstr(line, "memfd:") == NULL);
}

static enum verdict what_was_moved_leaves_a_mapping_behind(void) {
  char* const at = memory(1, PROT_READ);
  char* const copy = memory(1, PROT_READ);
  mremap(copy, page, page, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at);
  return when(is_mapped(copy) && holds(copy, 0));
}

static enum verdict a_refused_move_leaves_the_original(void) {
  char* const at = mmap(NULL, page, PROT_READ, MAP_PRIVATE, file_of_mark(), 0);
  const void* const moved = mremap(sealed_memory(1, PROT_READ), page, page,
                                   MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at);
  return when(moved == MAP_FAILED && holds(at, kMark));
}

static enum verdict a_move_of_nothing_is_an_error(void) {
  return when(syscall(SYS_mremap, 0, 0, 0, 0, 0) == -1 && errno == EINVAL);
}

static enum verdict populated_read_only_memory_takes_no_page_of_userfaultfd(void) {
  char* const at = sealed_memory(1, PROT_READ);
  const int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
  if (faults < 0) {
    return absent;
  }
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register registered = {.range = {(unsigned long)at, page},
                                       .mode = UFFDIO_REGISTER_MODE_MISSING};
  char* const other = memory(1, PROT_READ | PROT_WRITE);
  struct uffdio_copy copy = {.dst = (unsigned long)at, .src = (unsigned long)other, .len = page};
  memset(other, 'o', page);
  ioctl(faults, UFFDIO_API, &api);
  const bool refused =
      ioctl(faults, UFFDIO_REGISTER, &registered) != 0 || ioctl(faults, UFFDIO_COPY, &copy) != 0;
  close(faults);
  return when(refused && holds(at, kMark));
}

static enum verdict memory_behind_a_files_end_is_told_without_a_signal(void) {
  const int file = file_of_mark();
  const char* const at = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE, file, 0);
  if (answers(madvise((void*)at, page, POPULATE_READ), EINVAL)) {
    return absent; // before Linux 5.14
  }
  return when(answers(madvise((void*)(at + page), page, POPULATE_READ), EFAULT));
}

static bool is_wiped(void* at) {
  return *(const char*)at == 0;
}

static enum verdict a_forked_child_finds_marked_memory_empty(void) {
  char* const at = memory(1, PROT_READ | PROT_WRITE);
  return when(answers(madvise(at, page, MADV_WIPEONFORK), 0) && in_child(is_wiped, at) &&
              holds(at, kMark));
}

/* What the kernel maps. */

/* No part of it can be had: such a mapping is not split (special_mapping_split). */
static enum verdict the_vdso_can_be_sealed_as_a_whole(void) {
  char* const at = (char*)getauxval(AT_SYSINFO_EHDR);
  char line[1024];
  unsigned long begin = 0;
  unsigned long end = 0;
  if (at == NULL) {
    return absent;
  }
  return when(smaps_line(at, NULL, line, sizeof line) &&
              sscanf(line, "%lx-%lx ", &begin, &end) == 2 &&
              answers(seal((void*)begin, end - begin), 0) &&
              answers(munmap((void*)begin, end - begin), EPERM));
}

/* struct procmap_query, linux/fs.h of Linux 6.11 */
struct query {
  uint64_t size, query_flags, query_addr, vma_start, vma_end, vma_flags, vma_page_size, vma_offset,
      inode;
  uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
  uint64_t vma_name_addr, build_id_addr;
};

static enum verdict one_address_can_be_asked_about(void) {
  enum { kCoveringOrNext = 0x10, kReadable = 1, kWritable = 2 };
  char* const at = memory(2, PROT_READ);
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  munmap(at, page);
  struct query query = {
      .size = sizeof query, .query_flags = kCoveringOrNext, .query_addr = (uint64_t)at};
  const int answer = ioctl(maps, _IOWR('f', 17, struct query), &query);
  const int error = errno;
  close(maps);
  if (answer != 0 && error == ENOTTY) {
    return absent;
  }
  return when(answer == 0 && query.vma_start == (uint64_t)(at + page) &&
              (query.vma_flags & (kReadable | kWritable)) == kReadable);
}

/* The denial of new code. */

enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1, NO_INHERIT = 2 };

static bool gains_code(void* at) {
  return mprotect(at, page, PROT_READ | PROT_EXEC) == 0;
}

static bool denies_code(void* flags) {
  char* const at = memory(1, PROT_READ);
  if (prctl(SET_MDWE, (unsigned long)(uintptr_t)flags, 0, 0, 0) != 0) {
    return false;
  }
  const bool denied =
      answers(mprotect(at, page, PROT_READ | PROT_EXEC), EACCES) &&
      mmap(NULL, page, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
      errno == EACCES;
  const bool inherited = !in_child(gains_code, at);
  return denied && inherited == (((uintptr_t)flags & NO_INHERIT) == 0);
}

static bool knows_denial(void* flags) {
  return prctl(SET_MDWE, (unsigned long)(uintptr_t)flags, 0, 0, 0) == 0;
}

static enum verdict denial_with(uintptr_t flags) {
  if (!in_child(knows_denial, (void*)flags)) {
    return absent;
  }
  return when(in_child(denies_code, (void*)flags));
}

static enum verdict new_code_is_denied_to_children_too(void) {
  return denial_with(REFUSE_EXEC_GAIN);
}

static enum verdict new_code_is_denied_to_the_process_alone(void) {
  return denial_with(REFUSE_EXEC_GAIN | NO_INHERIT);
}

/* Filters. */

static enum verdict status_tells_of_a_filter(void) {
  char line[256] = "";
  FILE* const status = fopen("/proc/self/status", "re");
  bool found = false;
  while (status != NULL && !found && fgets(line, sizeof line, status) != NULL) {
    found = strncmp(line, "Seccomp:\t", 9) == 0;
  }
  if (status != NULL) {
    fclose(status);
  }
  return when(found);
}

static const struct term {
  const char* name;
  const char* source;
  bool of_seals; /* there where mseal(2) is */
  enum verdict (*look)(void);
} kTerms[] = {
/* Its versions set braces in a macro otherwise. */
/* clang-format off */
#define SEAL(name, source) {#name, source, true, name}
#define OTHER(name, source) {#name, source, false, name}
    /* clang-format on */
    SEAL(nothing_is_sealed_without_an_error, "mm/mseal.c, do_mseal"),
    SEAL(sealing_twice_is_sealing_once, "mm/mseal.c, mseal_apply"),
    SEAL(flags_are_refused, "mm/mseal.c, do_mseal"),
    SEAL(a_hole_is_an_error_and_nothing_is_sealed, "mm/mseal.c, range_contains_unmapped"),
    SEAL(one_call_seals_several_mappings, "mm/mseal.c, mseal_apply"),
    SEAL(smaps_shows_a_seal, "fs/proc/task_mmu.c, show_smap_vma_flags"),
    SEAL(sealed_memory_is_not_unmapped, "mm/vma.c, vms_gather_munmap_vmas"),
    SEAL(unmapping_is_all_or_nothing, "mm/vma.c, vms_gather_munmap_vmas"),
    SEAL(sealed_memory_keeps_its_protection, "mm/mprotect.c, mprotect_fixup"),
    SEAL(a_change_of_protection_can_be_made_in_part, "mm/mprotect.c, do_mprotect_pkey"),
    SEAL(sealed_memory_is_not_moved, "mm/mremap.c, check_prep_vma"),
    SEAL(nothing_is_moved_over_sealed_memory, "mm/mremap.c, mremap_to"),
    SEAL(nothing_is_mapped_over_sealed_memory, "mm/vma.c, __mmap_setup"),
    SEAL(nothing_is_attached_over_sealed_memory, "ipc/shm.c, do_shmat"),
    SEAL(sealed_anonymous_memory_keeps_its_bytes, "mm/madvise.c, can_madvise_modify"),
    SEAL(no_guard_is_put_into_sealed_anonymous_memory, "mm/madvise.c, can_madvise_modify"),
    SEAL(a_forked_child_has_the_seals, "kernel/fork.c, dup_mmap"),
    SEAL(a_sealed_mapping_of_a_file_can_lose_its_bytes, "mm/madvise.c, can_madvise_modify"),
    SEAL(a_sealed_mapping_of_a_file_can_be_kept_from_children, "mm/madvise.c, can_madvise_modify"),
    SEAL(sealed_writable_memory_can_lose_its_bytes, "mm/madvise.c, can_madvise_modify"),
    OTHER(a_copy_takes_the_place_of_a_mapping_of_a_file, "mm/mremap.c, mremap_to"),
    OTHER(what_was_moved_leaves_a_mapping_behind, "mm/mremap.c, dontunmap_complete"),
    SEAL(a_refused_move_leaves_the_original, "mm/mremap.c, check_prep_vma"),
    OTHER(a_move_of_nothing_is_an_error, "mm/mremap.c, check_mremap_params"),
    SEAL(populated_read_only_memory_takes_no_page_of_userfaultfd, "mm/userfaultfd.c"),
    OTHER(memory_behind_a_files_end_is_told_without_a_signal, "mm/madvise.c, madvise_populate"),
    OTHER(a_forked_child_finds_marked_memory_empty, "kernel/fork.c, dup_mmap"),
    SEAL(the_vdso_can_be_sealed_as_a_whole, "mm/mmap.c, special_mapping_split"),
    OTHER(one_address_can_be_asked_about, "fs/proc/task_mmu.c, do_procmap_query"),
    OTHER(new_code_is_denied_to_children_too, "kernel/sys.c, prctl_set_mdwe"),
    OTHER(new_code_is_denied_to_the_process_alone, "kernel/sys.c, prctl_set_mdwe"),
    OTHER(status_tells_of_a_filter, "fs/proc/array.c, task_seccomp"),
#undef SEAL
#undef OTHER
};

int main(void) {
  enum { kTermCount = sizeof kTerms / sizeof *kTerms };
  const bool seals = can_seal();
  bool all_kept = true;
  page = (size_t)sysconf(_SC_PAGESIZE);
  setvbuf(stdout, NULL, _IONBF, 0);
  printf("TAP version 13\n1..%d\n", kTermCount);
  for (int i = 0; i < kTermCount; i++) {
    const struct term* const term = &kTerms[i];
    const enum verdict verdict = term->of_seals && !seals ? absent : term->look();
    all_kept &= verdict != broken;
    printf("%s %d %s%s\n", verdict == broken ? "not ok" : "ok", i + 1, term->name,
           verdict == absent ? " # SKIP this kernel does not have it" : "");
    if (verdict == broken) {
      printf("# see %s\n", term->source);
    }
  }
  return all_kept ? 0 : 1;
}
