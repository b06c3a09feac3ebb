// SPDX-License-Identifier: Apache-2.0
#include "outside/calls/interrupted_call.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sealwax::outside {
namespace {

/// linux/errno.h: what the kernel says to itself.
constexpr long kRestartSys = -512, kRestartNoInterrupt = -513, kRestartNoHandler = -514,
               kRestartBlock = -516;

/// Calls that wait and answer EINTR when they are woken, and that do not harm when they are made
/// once more: nothing has been taken or given yet (signal(7), "Interruption of system calls").
constexpr std::array kRepeatable = {
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_recvmmsg,
    SYS_sendto,
    SYS_sendmsg,
    SYS_accept,
    SYS_accept4,
    SYS_connect,
    SYS_read,
    SYS_readv,
    SYS_write,
    SYS_writev,
    SYS_semop,
    SYS_semtimedop,
    SYS_rt_sigtimedwait,
    SYS_io_getevents,
    SYS_io_pgetevents,
    SYS_io_uring_enter,
    SYS_msgrcv,
    SYS_msgsnd,
    SYS_mq_timedreceive,
    SYS_mq_timedsend,
    SYS_futex,
#if defined(__x86_64__)
    SYS_epoll_wait,
#endif
};

bool answers_to_a_stop(const arch::InterruptedCall& call) {
  return call.number >= 0 && call.answer == -EINTR &&
         std::find(kRepeatable.begin(), kRepeatable.end(), call.number) != kRepeatable.end();
}

} // namespace

std::optional<arch::Registers> begun_anew(const arch::Registers& registers,
                                          const arch::InterruptedCall& call) {
  if (call.number < 0 || call.answer != kRestartBlock)
    return std::nullopt;
  arch::Registers repeated = registers;
  arch::repeat_call(repeated, call, call.number);
  return repeated;
}

std::optional<arch::Registers> repeated_for_it(const arch::Registers& registers,
                                               const arch::InterruptedCall& call,
                                               bool signal_awaits) {
  if (signal_awaits || !answers_to_a_stop(call))
    return std::nullopt;
  arch::Registers repeated = registers;
  arch::repeat_call(repeated, call, call.number);
  return repeated;
}

GoingOn going_on(const arch::Registers& registers, const arch::InterruptedCall& call,
                 bool signal_awaits) {
  GoingOn on{registers, registers};
  if (call.number < 0)
    return on;
  if (call.answer == kRestartSys || call.answer == kRestartNoInterrupt ||
      call.answer == kRestartNoHandler || (!signal_awaits && answers_to_a_stop(call))) {
    arch::repeat_call(on.now, call, call.number);
    on.alone = on.now;
  } else if (call.answer == kRestartBlock) {
    arch::repeat_call(on.now, call, SYS_restart_syscall);
    arch::repeat_call(on.alone, call, call.number);
  }
  return on;
}

} // namespace sealwax::outside
