// SPDX-License-Identifier: Apache-2.0
// Which files are loaded for a program before it runs.
#pragma once

#include "cli/elf/library_search.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace sealwax::cli {

struct Closure {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::deque<LoadedFile> files;      ///< the program first, then in the loader's order
  std::size_t loader = kNone;        ///< an index into them, or none
  bool musl = false;                 ///< the loader is musl's
  std::vector<std::string> problems; ///< why it may not be whole, as messages
};

/// `program` and what it needs, that of /etc/ld.so.preload included. LD_LIBRARY_PATH, LD_PRELOAD
/// and LD_AUDIT are the caller's, not the program's: they are not heeded.
[[nodiscard]] Closure closure_of(const SystemRoot& root, LoadedFile program);

/// What makes a program run in secure mode (AT_SECURE) for most who start it.
[[nodiscard]] bool is_privileged(const LoadedFile& program);

} // namespace sealwax::cli
