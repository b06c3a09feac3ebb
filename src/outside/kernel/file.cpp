// SPDX-License-Identifier: Apache-2.0
#include "outside/kernel/kernel_call.hpp"

#include <sys/syscall.h>

#include <cerrno>
#include <fcntl.h>

namespace sealwax::outside {

File::File(const char* path, int flags)
    : number_(kernel_call(SYS_openat, AT_FDCWD, address_of(path), flags | O_RDONLY | O_CLOEXEC)) {}

File::~File() {
  if (open())
    kernel_call(SYS_close, number_);
}

long File::read(void* into, std::size_t size) const {
  long done = 0;
  do
    done = kernel_call(SYS_read, number_, address_of(into), static_cast<long>(size));
  while (done == -EINTR);
  return done;
}

bool File::read_at(std::uint64_t offset, void* into, std::size_t size) const {
  return kernel_call(SYS_pread64, number_, address_of(into), static_cast<long>(size),
                     static_cast<long>(offset)) == static_cast<long>(size);
}

} // namespace sealwax::outside
