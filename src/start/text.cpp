// SPDX-License-Identifier: Apache-2.0
#include "start/text.hpp"

#include "outside/kernel/kernel_call.hpp"

#include <sys/syscall.h>

#include <unistd.h>

namespace sealwax::start {

void complain(std::string_view text) {
  // One write, so that lines of several processes on one terminal stay whole.
  Text<1024> line;
  line << "sealwax: " << text << "\n";
  (void)outside::kernel_call(SYS_write, STDERR_FILENO, outside::address_of(line.c_str()),
                             static_cast<long>(line.view().size()));
}

} // namespace sealwax::start
