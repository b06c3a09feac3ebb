// SPDX-License-Identifier: Apache-2.0
// Which objects lie in shared memory.
#pragma once

#include "model/slice.hpp"
#include "shim/kernel/kernel.hpp"

#include <string_view>

namespace sealwax::shim {

/// Tells of files whether they lie in shared memory (tmpfs, memfd, hugetlbfs). Of their mappings an
/// ordinary user may drop pages and fill them by userfaultfd with what he likes, whatever their
/// permission (mm/userfaultfd.c, vma_can_userfault). Files of one directory count as of one file
/// system, so that it is asked once a directory. What overlayfs hides is not told.
class SharedMemoryFiles {
public:
  explicit SharedMemoryFiles(Kernel& kernel) : kernel_(kernel) {}

  /// `path` has a terminator behind it, and stays there for as long as this lives.
  [[nodiscard]] bool have(std::string_view path);

private:
  struct Directory {
    std::string_view path;
    bool in_memory;
  };
  Kernel& kernel_;
  FixedVector<Directory, 6> asked_;
};

} // namespace sealwax::shim
