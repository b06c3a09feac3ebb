// SPDX-License-Identifier: Apache-2.0
#include "shim/report/destinations/standard_error.hpp"

#include "shim/kernel/silent_write.hpp"
#include "shim/state/state.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

constexpr int kStandardError = 2;
constexpr Reply kElsewhere{-ESTALE};

/// Where the file itself cannot be told not to wait (a terminal, a named pipe), a description of
/// its own can: O_NONBLOCK on that of descriptor 2 would be every other process's as well.
Reply write_by_own_description(Kernel& kernel, std::string_view line) {
  const Reply opened = Kernel::open_to_write("/proc/thread-self/fd/2");
  if (opened.error() == EACCES || opened.error() == EPERM || opened.error() == ENOENT)
    return kElsewhere; // a terminal after su, no /proc
  if (!opened.ok())
    return opened; // ENXIO, EIO: nobody is at the other end
  const int descriptor = static_cast<int>(opened.value());
  const Reply written = write_silently(kernel, descriptor, line);
  Kernel::close(descriptor);
  return written;
}

Result<Kernel::File, int> file_behind_it(Kernel& kernel) {
  const Result<Kernel::File, int> found = kernel.file(kStandardError);
  if (!found || !S_ISREG(found->mode))
    return found;
  Kernel::File file = *found;
  file.generation = kernel.generation(kStandardError);
  return file;
}

} // namespace

void remember_standard_error() {
  if (const Result<Kernel::File, int> file = file_behind_it(state.kernel))
    state.standard_error = *file;
}

Reply write_to_standard_error(std::string_view line) {
  Kernel& kernel = state.kernel;
  const Result<Kernel::File, int> file = file_behind_it(kernel);
  if (!file || !file->is_same_as(state.standard_error))
    return kElsewhere;
  switch (file->mode & S_IFMT) {
  case S_IFSOCK:
    return kernel.send(kStandardError, line);
  case S_IFREG:
    return kernel.file_may_grow_to(file->size + line.size())
               ? write_silently(kernel, kStandardError, line)
               : Reply{-EFBIG};
  case S_IFIFO:
  case S_IFCHR: {
    const Reply written = write_at_once_silently(kernel, kStandardError, line);
    return written.error() == EOPNOTSUPP ? write_by_own_description(kernel, line) : written;
  }
  default: // an eventfd, a folder, a disk
    return kElsewhere;
  }
}

} // namespace sealwax::shim
