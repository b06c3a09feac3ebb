// The functions that the interposed ones stand in front of.
#pragma once

#include "model/range.hpp"
#include "shim/loader/dynamic_section.hpp"

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

enum class LoaderFunction : std::uint8_t { dlopen, dlmopen, dlsym };
inline constexpr std::size_t kLoaderFunctions = 3;

/// The memory functions and, behind them, the loader's.
inline constexpr SymbolName kInterposedNames[kMemoryFunctions + kLoaderFunctions] = {
    "mmap",          "mmap64",  "mprotect",         "munmap",
    "mremap",        "madvise", "posix_madvise",    "process_madvise",
    "pkey_mprotect", "shmat",   "remap_file_pages", "dlopen",
    "dlmopen",       "dlsym"};

constexpr std::size_t index_of(MemoryFunction function) {
  return static_cast<std::size_t>(function);
}
constexpr std::size_t index_of(LoaderFunction function) {
  return kMemoryFunctions + static_cast<std::size_t>(function);
}

/// What the program would have called without the shim: the next definition in the order of its
/// search scope, such as another preloaded library's. 0: there is none, or it is libc's own.
struct NextDefinitions {
  Address next[kMemoryFunctions + kLoaderFunctions] = {};
  template <typename Function>
  [[nodiscard]] Address of(Function function) const {
    return next[index_of(function)];
  }
};

} // namespace sealwax::shim
