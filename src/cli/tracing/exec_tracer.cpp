// SPDX-License-Identifier: Apache-2.0
#include "cli/tracing/exec_tracer.hpp"

#include "cli/system/descriptor.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <sched.h>
#include <unistd.h>

namespace sealwax::cli {
namespace {

template <typename Value>
bool send_value(const Descriptor& socket, Value value) {
  return send(socket.number(), &value, sizeof value, MSG_NOSIGNAL) ==
         static_cast<ssize_t>(sizeof value);
}

template <typename Value>
bool receive_value(const Descriptor& socket, Value& value) {
  return recv(socket.number(), &value, sizeof value, MSG_WAITALL) ==
         static_cast<ssize_t>(sizeof value);
}

/// Nothing of the program's is held open but stderr, for the message; a terminal's signals and
/// hang-up are not the helper's.
void detach_from_caller(int socket) {
  setsid();
  (void)!chdir("/");
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  close_range(STDERR_FILENO + 1, static_cast<unsigned>(socket) - 1, 0);
  close_range(static_cast<unsigned>(socket) + 1, ~0U, 0);
  signal(SIGPIPE, SIG_IGN);
}

/// What a helper is started with.
struct Start {
  pid_t pid; ///< whom it traces
  int socket;
  long options;
  const Follow& follow;
};

/// The helper: says who it is, waits for leave to trace (Yama's, see PR_SET_PTRACER), attaches.
[[noreturn]] void help(const Start& start) {
  detach_from_caller(start.socket);
  Descriptor socket{start.socket};
  char leave = 0;
  if (!send_value(socket, getpid()) || !receive_value(socket, leave))
    _exit(1);
  const int error = ptrace(PTRACE_SEIZE, start.pid, 0, start.options) == 0 ? 0 : errno;
  if (!send_value(socket, error) || error != 0)
    _exit(1);
  socket = Descriptor{};
  start.follow(start.pid);
  _exit(0);
}

/// What lies between the caller and the helper.
int start_help(void* start) {
  if (_Fork() == 0)
    help(*static_cast<const Start*>(start));
  return 0;
}

/// A child of a child: the program must not find a child that it did not start. The first is there
/// only to start the second, in the caller's memory, which waits for it; a copy would take as long
/// as all that is done to the program. Both are on a stack of their own: what the caller's limit
/// leaves of one (ulimit -s) can be less than looking at a process takes. False: none.
bool start_helper(const Start& start) {
  constexpr std::size_t kStack = std::size_t{1} << 20;
  void* const stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED)
    return false;
  const pid_t child = clone(start_help, static_cast<std::byte*>(stack) + kStack,
                            CLONE_VM | CLONE_VFORK | SIGCHLD, const_cast<Start*>(&start));
  const bool started = child > 0 && (waitpid(child, nullptr, 0) == child || errno == ECHILD);
  munmap(stack, kStack);
  return started;
}

} // namespace

std::string trace_from_here(long options, const Follow& follow) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return std::strerror(errno);
  const Descriptor here{ends[0]};
  Descriptor there{ends[1]};
  if (!start_helper({getpid(), there.number(), options, follow}))
    return "no process can be started for it";
  there = Descriptor{};
  pid_t helper = 0;
  if (!receive_value(here, helper))
    return "the helper process died";
  // Fails where there is no Yama, and then no leave is needed.
  prctl(PR_SET_PTRACER, helper, 0, 0, 0);
  int error = 0;
  if (!send_value(here, '\0') || !receive_value(here, error))
    return "the helper process died";
  return error == 0 ? std::string{} : std::strerror(error);
}

} // namespace sealwax::cli
