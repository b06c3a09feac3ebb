// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/move/shared_memory_files.hpp"

#include <linux/magic.h>

namespace sealwax::shim {

bool SharedMemoryFiles::have(std::string_view path) {
  const std::string_view directory{path.data(), path.rfind('/') + 1};
  for (const Directory& known : asked_)
    if (known.path == directory)
      return known.in_memory;
  const Reply kind = kernel_.file_system_at(path.data());
  const bool in_memory =
      kind.ok() && (kind.value() == TMPFS_MAGIC || kind.value() == HUGETLBFS_MAGIC);
  // /proc/self/exe and /proc/self/fd lead anywhere.
  if (!directory.starts_with("/proc/"))
    (void)asked_.push({directory, in_memory});
  return in_memory;
}

} // namespace sealwax::shim
