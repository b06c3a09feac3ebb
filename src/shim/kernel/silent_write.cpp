// SPDX-License-Identifier: Apache-2.0
#include "shim/kernel/silent_write.hpp"

#include <cerrno>
#include <csignal>

namespace sealwax::shim {
namespace {

/// The signal that a write with this error has raised in the thread that made it; 0 for none.
/// SIGTTOU is not raised while it is blocked (drivers/tty/tty_jobctrl.c, __tty_check_change).
int raised_with(int error) {
  return error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0;
}

Reply write(Kernel& kernel, int descriptor, std::string_view text, bool at_once) {
  constexpr Signals kRaised = Signals::only(SIGPIPE).with(SIGXFSZ);
  Signals before;
  if (const Reply blocked = kernel.block_signals(before); !blocked.ok())
    return blocked;
  Signals pending;
  Reply reply = kernel.pending_signals(pending);
  if (reply.ok() && pending.has_any_of(kRaised))
    reply = Reply{-EAGAIN};
  if (reply.ok()) {
    reply = at_once ? kernel.write_at_once(descriptor, text) : kernel.write(descriptor, text);
    // It is this thread's own, which the kernel takes before one of the whole process's.
    if (const int raised = raised_with(reply.error()); raised != 0)
      kernel.take_pending(Signals::only(raised));
  }
  kernel.set_blocked_signals(before);
  return reply;
}

} // namespace

Reply write_silently(Kernel& kernel, int descriptor, std::string_view text) {
  return write(kernel, descriptor, text, false);
}

Reply write_at_once_silently(Kernel& kernel, int descriptor, std::string_view text) {
  return write(kernel, descriptor, text, true);
}

} // namespace sealwax::shim
