// SPDX-License-Identifier: Apache-2.0
#include "shim/report/destinations/report_file.hpp"

#include "shim/kernel/silent_write.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

/// Returns an errno value, 0 for a file that may be written to.
int check(Kernel& kernel, int descriptor, std::size_t more) {
  const Result<Kernel::File, int> file = kernel.file(descriptor);
  if (!file)
    return file.error();
  const Reply user = kernel.effective_user();
  if (!user.ok())
    return user.error();
  const bool ours = file->owner == 0 || file->owner == static_cast<std::uint32_t>(user.value());
  if (!S_ISREG(file->mode) || file->links != 1 || !ours)
    return EPERM;
  return kernel.file_may_grow_to(file->size + more) ? 0 : EFBIG;
}

} // namespace

Reply append_to_report_file(Kernel& kernel, const char* path, std::string_view line) {
  const Reply opened = kernel.open_to_append(path);
  if (!opened.ok())
    return opened;
  const int descriptor = static_cast<int>(opened.value());
  const int error = check(kernel, descriptor, line.size());
  const Reply written = error != 0 ? Reply{-error} : write_silently(kernel, descriptor, line);
  Kernel::close(descriptor);
  return written;
}

} // namespace sealwax::shim
