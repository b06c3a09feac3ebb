// SPDX-License-Identifier: Apache-2.0
#include "outside/start/exec_tracer.hpp"

#include "outside/kernel/kernel_call.hpp"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstddef>
#include <unistd.h>

namespace sealwax::outside {
namespace {

template <typename Value>
bool send_value(int socket, Value value) {
  return kernel_call(SYS_sendto, socket, address_of(&value), sizeof value, MSG_NOSIGNAL) ==
         static_cast<long>(sizeof value);
}

template <typename Value>
bool receive_value(int socket, Value& value) {
  return kernel_call(SYS_recvfrom, socket, address_of(&value), sizeof value, MSG_WAITALL) ==
         static_cast<long>(sizeof value);
}

[[noreturn]] void leave(int status) {
  for (;;)
    kernel_call(SYS_exit_group, status);
}

/// SIG_IGN; the kernel's structure begins with the handler (rt_sigaction(2)).
void ignore_broken_pipes() {
  const std::uint64_t action[4] = {1};
  kernel_call(SYS_rt_sigaction, SIGPIPE, address_of(action), 0, 8);
}

/// Whether this kernel has Yama, which takes the call for what it is.
bool needs_leave_to_trace() {
  return kernel_call(SYS_prctl, PR_SET_PTRACER, 0) == 0;
}

/// False: it is not there any more.
bool give_leave(int socket) {
  int helper = 0;
  return receive_value(socket, helper) && kernel_call(SYS_prctl, PR_SET_PTRACER, helper) == 0 &&
         send_value(socket, '\0');
}

/// The helper's side.
bool take_leave(int socket) {
  char leave_to_trace = 0;
  return send_value(socket, static_cast<int>(kernel_call(SYS_getpid))) &&
         receive_value(socket, leave_to_trace);
}

int come_to_terms(int socket, bool needs_leave) {
  int error = 0;
  if ((needs_leave && !give_leave(socket)) || !receive_value(socket, error))
    return kHelperDied;
  return error;
}

} // namespace

void let_go_of_caller() {
  kernel_call(SYS_chdir, address_of("/"));
  kernel_call(SYS_close, STDIN_FILENO);
  kernel_call(SYS_close, STDOUT_FILENO);
  kernel_call(SYS_close_range, STDERR_FILENO + 1, ~0U);
  ignore_broken_pipes();
}

void help(const Helper& helper) {
  const int socket = helper.socket;
  if (helper.needs_leave && !take_leave(socket))
    leave(1);
  const long answer = kernel_call(SYS_ptrace, PTRACE_SEIZE, helper.pid, 0, helper.options);
  if (!send_value(socket, static_cast<int>(-answer)) || answer != 0)
    leave(1);
  kernel_call(SYS_setsid); // a terminal's signals are for the program
  helper.follow.follow(helper.follow.context, helper.pid);
  leave(0);
}

int trace_from_here(long options, const Follow& follow, StartHelper start) {
  int ends[2] = {};
  const long answer =
      kernel_call(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, address_of(ends));
  if (call_failed(answer))
    return static_cast<int>(-answer);
  const bool needs_leave = needs_leave_to_trace();
  const bool started =
      start({static_cast<int>(kernel_call(SYS_getpid)), ends[1], options, follow, needs_leave});
  kernel_call(SYS_close, ends[1]);
  const int error = started ? come_to_terms(ends[0], needs_leave) : kNoHelper;
  kernel_call(SYS_close, ends[0]);
  return error;
}

} // namespace sealwax::outside
