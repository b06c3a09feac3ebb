// SPDX-License-Identifier: Apache-2.0
// What the model takes for refused is what this kernel refuses. Skipped where it has no mseal.
#include "catch.hpp"
#include "model/report/refusal.hpp"

#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <unistd.h>

using namespace sealwax;

namespace {

constexpr std::size_t kPages = 0x20000; // two pages where they are largest
constexpr long kMseal = 462;

enum class Memory { constant_anonymous, writable_anonymous, constant_file };

/// Sealed pages, new for each call; they cannot be given back.
Address sealed(Memory memory) {
  const bool writable = memory == Memory::writable_anonymous;
  const int file = memory == Memory::constant_file ? memfd_create("refusal", 0) : -1;
  if (file >= 0)
    REQUIRE(ftruncate(file, kPages) == 0);
  void* const at = mmap(nullptr, kPages, writable ? PROT_READ | PROT_WRITE : PROT_READ,
                        MAP_PRIVATE | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
  REQUIRE(at != MAP_FAILED);
  if (file >= 0)
    close(file);
  if (syscall(kMseal, at, kPages, 0) != 0) {
    REQUIRE(errno == ENOSYS);
    std::exit(77); // meson's number for a skip
  }
  return reinterpret_cast<Address>(at);
}

/// Memory that is not sealed, to put over what is.
Address open_pages() {
  void* const at = mmap(nullptr, kPages, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(at != MAP_FAILED);
  return reinterpret_cast<Address>(at);
}

bool refused(long result) {
  return result == -1 && errno == EPERM;
}

void* pointer(Address at) {
  return reinterpret_cast<void*>(at);
}

bool expects_refusal(const MemoryCall& call, Address at, Memory memory) {
  for (const AffectedRange& one : call.affected)
    if (one.range.overlaps({at, at + kPages}) &&
        refuses(one.effect, memory == Memory::constant_anonymous))
      return true;
  return false;
}

const Memory kMemories[] = {Memory::constant_anonymous, Memory::writable_anonymous,
                            Memory::constant_file};

} // namespace

TEST_CASE("each advice is refused as the model says") {
  for (const Memory memory : kMemories)
    for (int advice = 0; advice <= 103; ++advice) {
      if (advice == 100 || advice == 101) // HWPOISON, SOFT_OFFLINE: the machine loses the pages
        continue;
      const Address at = sealed(memory);
      INFO("advice " << advice << ", memory " << static_cast<int>(memory));
      const MemoryCall call = describe_madvise(at, kPages, advice);
      CHECK(refused(madvise(pointer(at), kPages, advice)) == expects_refusal(call, at, memory));
    }
}

TEST_CASE("each change is refused as the model says") {
  for (const Memory memory : kMemories) {
    INFO("memory " << static_cast<int>(memory));
    const Address at = sealed(memory);
    CHECK(expects_refusal(describe_mprotect(at, kPages, PROT_NONE), at, memory));
    CHECK(refused(mprotect(pointer(at), kPages, PROT_NONE)));
    CHECK(expects_refusal(describe_pkey_mprotect(at, kPages, PROT_NONE, -1), at, memory));
    CHECK(refused(syscall(SYS_pkey_mprotect, at, kPages, PROT_NONE, -1)));
    CHECK(expects_refusal(describe_munmap(at, kPages), at, memory));
    CHECK(refused(munmap(pointer(at), kPages)));
    CHECK(expects_refusal(describe_mremap(at, kPages, 2 * kPages, MREMAP_MAYMOVE, 0), at, memory));
    CHECK(refused(syscall(SYS_mremap, at, kPages, 2 * kPages, MREMAP_MAYMOVE)));
  }
}

TEST_CASE("what would take the place of sealed memory is refused as the model says") {
  const Memory memory = Memory::constant_file;
  const Address at = sealed(memory);
  const int fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  CHECK(expects_refusal(describe_mmap(at, kPages, PROT_READ, fixed, -1, 0), at, memory));
  CHECK(refused(syscall(SYS_mmap, at, kPages, PROT_READ, fixed, -1, 0)));
  const int careful = fixed | MAP_FIXED_NOREPLACE;
  CHECK_FALSE(expects_refusal(describe_mmap(at, kPages, PROT_READ, careful, -1, 0), at, memory));
  CHECK_FALSE(refused(syscall(SYS_mmap, at, kPages, PROT_READ, careful, -1, 0)));
  const Address from = open_pages();
  const int moved = MREMAP_MAYMOVE | MREMAP_FIXED;
  CHECK(expects_refusal(describe_mremap(from, kPages, kPages, moved, at), at, memory));
  CHECK(refused(syscall(SYS_mremap, from, kPages, kPages, moved, at)));
  const int segment = shmget(IPC_PRIVATE, kPages, 0600);
  REQUIRE(segment >= 0);
  CHECK(expects_refusal(describe_shmat(segment, at, SHM_REMAP), at, memory));
  CHECK(refused(syscall(SYS_shmat, segment, at, SHM_REMAP)));
  CHECK_FALSE(expects_refusal(describe_shmat(segment, at, 0), at, memory));
  CHECK_FALSE(refused(syscall(SYS_shmat, segment, at, 0)));
  CHECK(shmctl(segment, IPC_RMID, nullptr) == 0);
}

TEST_CASE("a call that reaches one sealed page is refused") {
  const Address at = open_pages();
  REQUIRE(syscall(kMseal, at + kPages / 2, kPages / 2, 0) == 0);
  CHECK(refused(munmap(pointer(at), kPages)));
  CHECK(refused(mprotect(pointer(at), kPages, PROT_NONE)));
  CHECK(munmap(pointer(at), kPages / 2) == 0);
}
