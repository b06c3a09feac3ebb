// SPDX-License-Identifier: Apache-2.0
// Only in the library that `scripts/test coverage` builds. The counters of all processes lie in one
// file, which each maps in place of its own: so what a process counted before it was killed, or
// became another program, is not lost, and nothing has to be done at its end.
#include "counted.hpp"
#include "shim/kernel/arch/arch.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <fcntl.h>

extern "C" {

// Whole pages; where they lie says shared_counters.ld.
extern std::uint64_t sealwax_counters[];
extern std::uint64_t sealwax_counters_end[];

// GCC's list of what it counts (-fprofile-info-section=gcov_info); the names are the linker's.
extern const gcov_info* __start_gcov_info[];
extern const gcov_info* __stop_gcov_info[];

/// For write_counts.
[[gnu::visibility("default")]] extern constinit const Counted sealwax_counted = {
    sealwax_counters, sealwax_counters_end, __start_gcov_info, __stop_gcov_info};

void sealwax_start();

/// What reads counts back from files calls it, and here nothing does.
void __gcov_merge_add(std::int64_t*, unsigned) {}

} // extern "C"

// substr() has it where nothing is optimised; nothing here gets there.
namespace std {
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) {
  __builtin_trap();
}
} // namespace std

namespace {

using sealwax::shim::arch::system_call;

long map_file(std::uint64_t* place, std::size_t size, int flags, int file) {
  return system_call(SYS_mmap, reinterpret_cast<long>(place), static_cast<long>(size),
                     PROT_READ | PROT_WRITE, MAP_SHARED | flags, file, 0);
}

/// What this process counted so far counts too: a load hook can come before the constructor.
void add_to(std::uint64_t* shared) {
  for (std::uint64_t* own = sealwax_counters; own != sealwax_counters_end; ++own, ++shared)
    if (*own != 0)
      *shared += *own;
}

/// Under limits, or as another user, it can be impossible; then this process counts for nothing.
void share_counters() {
  const long file =
      system_call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(COUNTERS_FILE), O_RDWR | O_CLOEXEC);
  if (file < 0)
    return;
  const auto size = static_cast<std::size_t>(reinterpret_cast<char*>(sealwax_counters_end) -
                                             reinterpret_cast<char*>(sealwax_counters));
  if (const long elsewhere = map_file(nullptr, size, 0, static_cast<int>(file)); elsewhere > 0) {
    add_to(reinterpret_cast<std::uint64_t*>(elsewhere));
    system_call(SYS_munmap, elsewhere, static_cast<long>(size));
    map_file(sealwax_counters, size, MAP_FIXED, static_cast<int>(file));
  }
  system_call(SYS_close, file);
}

} // namespace

/// DT_INIT, in place of sealwax_start.
extern "C" void sealwax_counted_start() {
  share_counters();
  sealwax_start();
}
