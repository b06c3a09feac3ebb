// SPDX-License-Identifier: Apache-2.0
// The program's errno, where it has a C library to keep one.
#pragma once

#include <cerrno>

#pragma weak __errno_location // declared by errno.h; musl and glibc have it under this name

namespace sealwax::shim {

[[nodiscard]] inline bool has_errno() {
  return &__errno_location != nullptr;
}
[[nodiscard]] inline int errno_or(int otherwise) {
  return has_errno() ? *__errno_location() : otherwise;
}
inline void set_errno(int value) {
  if (has_errno())
    *__errno_location() = value;
}

/// What a program sees of errno is what its own calls made it.
class ErrnoGuard {
public:
  ErrnoGuard() : saved_(errno_or(0)) {}
  ~ErrnoGuard() { set_errno(saved_); }
  ErrnoGuard(const ErrnoGuard&) = delete;
  ErrnoGuard& operator=(const ErrnoGuard&) = delete;

private:
  int saved_;
};

} // namespace sealwax::shim
