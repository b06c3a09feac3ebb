// SPDX-License-Identifier: Apache-2.0
#include "shim/kernel/process_descriptor.hpp"

#include "shim/kernel/line_reader.hpp"
#include "shim/kernel/message.hpp"

namespace sealwax::shim {

bool is_this_process(Kernel& kernel, int descriptor) {
  constexpr int kSelfThread = -10000, kSelf = -10001; // linux/pidfd.h, Linux 6.15
  if (descriptor == kSelfThread || descriptor == kSelf)
    return true;
  Message path;
  path << "/proc/self/fdinfo/" << static_cast<unsigned>(descriptor);
  char buffer[512];
  LineReader lines{path.c_string(), Slice<char>{buffer}};
  std::string_view line;
  std::uint32_t pid = 0;
  while (lines.next(line)) // pidfd_open(2): "Pid:", 0 for a process of another namespace
    if (number_after(line, "Pid:", pid))
      return pid != 0 && static_cast<long>(pid) == kernel.process_id().value();
  return false;
}

} // namespace sealwax::shim
