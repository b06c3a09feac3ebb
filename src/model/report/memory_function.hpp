// SPDX-License-Identifier: Apache-2.0
// The functions by which a program changes its memory, and what is to be known of each.
#pragma once

#include "model/enumerated.hpp"

#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

/// Those that a seal can refuse, and posix_madvise, which stands for one of them.
enum class MemoryFunction : std::uint8_t {
  mmap,
  mmap64,
  mprotect,
  munmap,
  mremap,
  madvise,
  posix_madvise,
  process_madvise,
  pkey_mprotect,
  shmat,
  remap_file_pages,
};

/// What a function asks for of memory.
enum class Request : std::uint8_t { none, protection, advice };

struct MemoryFunctionFacts {
  MemoryFunction function;
  char name[17];             ///< in place: a table of these needs no relocation
  std::uint16_t system_call; ///< the number of the one that it makes
  std::uint8_t arguments;    ///< how many there are at most
  bool replaces;             ///< what it affects is other memory afterwards, or none at all
  Request request;
  std::uint8_t request_at = 0; ///< which argument says what is asked for, from 0
};

inline constexpr MemoryFunctionFacts kMemoryFunctionFacts[] = {
    {MemoryFunction::mmap, "mmap", SYS_mmap, 6, true, Request::protection, 2},
    {MemoryFunction::mmap64, "mmap64", SYS_mmap, 6, true, Request::protection, 2},
    {MemoryFunction::mprotect, "mprotect", SYS_mprotect, 3, false, Request::protection, 2},
    {MemoryFunction::munmap, "munmap", SYS_munmap, 2, true, Request::none},
    {MemoryFunction::mremap, "mremap", SYS_mremap, 5, true, Request::none},
    {MemoryFunction::madvise, "madvise", SYS_madvise, 3, false, Request::advice, 2},
    {MemoryFunction::posix_madvise, "posix_madvise", SYS_madvise, 3, false, Request::advice, 2},
    {MemoryFunction::process_madvise, "process_madvise", SYS_process_madvise, 5, false,
     Request::advice, 3},
    {MemoryFunction::pkey_mprotect, "pkey_mprotect", SYS_pkey_mprotect, 4, false,
     Request::protection, 2},
    {MemoryFunction::shmat, "shmat", SYS_shmat, 3, true, Request::none},
    // The one that it has to name is none (remap_file_pages(2)).
    {MemoryFunction::remap_file_pages, "remap_file_pages", SYS_remap_file_pages, 5, true,
     Request::none},
};
static_assert(in_order(kMemoryFunctionFacts, &MemoryFunctionFacts::function,
                       MemoryFunction::remap_file_pages));

inline constexpr std::size_t kMemoryFunctions =
    sizeof kMemoryFunctionFacts / sizeof *kMemoryFunctionFacts;

[[nodiscard]] constexpr const MemoryFunctionFacts& facts_of(MemoryFunction function) {
  return kMemoryFunctionFacts[static_cast<std::size_t>(function)];
}

[[nodiscard]] constexpr std::string_view name_of(MemoryFunction function) {
  return facts_of(function).name;
}

} // namespace sealwax
