// SPDX-License-Identifier: Apache-2.0
#include "deploy/write_all.hpp"

#include <cerrno>
#include <unistd.h>

namespace sealwax::deploy {

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(file, text.data(), text.size());
    if (size < 0 && errno != EINTR)
      return false;
    if (size > 0)
      text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

} // namespace sealwax::deploy
