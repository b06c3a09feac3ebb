// The functions that the interposed memory calls stand in front of.
#pragma once

#include "model/range.hpp"
#include "shim/loader/loader.hpp"

#include <cstddef>
#include <cstdint>

namespace sealwax::shim {

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
inline constexpr std::size_t kMemoryFunctions = 11;
inline constexpr SymbolName kMemoryFunctionNames[kMemoryFunctions] = {
    "mmap",          "mmap64",          "mprotect",      "munmap", "mremap",          "madvise",
    "posix_madvise", "process_madvise", "pkey_mprotect", "shmat",  "remap_file_pages"};

/// What the program would have called without the shim: the next definition in the order of its
/// search scope, such as another preloaded library's. 0: there is none, or it is glibc's, which
/// makes the system call and does nothing else.
struct NextDefinitions {
  Address next[kMemoryFunctions] = {};
  [[nodiscard]] Address of(MemoryFunction function) const {
    return next[static_cast<std::size_t>(function)];
  }
};

} // namespace sealwax::shim
