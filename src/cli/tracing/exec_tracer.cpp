#include "cli/tracing/exec_tracer.hpp"

#include "cli/system/descriptor.hpp"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <unistd.h>
#include <utility>

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

/// On a stack of its own: what the caller's limit leaves of one (ulimit -s) can be less than
/// looking at a process takes.
void on_own_stack(const std::function<void()>& work) {
  constexpr std::size_t kStack = std::size_t{1} << 20;
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  const auto run = [](void* given) -> void* {
    (*static_cast<const std::function<void()>*>(given))();
    return nullptr;
  };
  if (pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&work)) == 0)
    pthread_join(thread, nullptr);
  else
    work();
}

/// The helper: says who it is, waits for leave to trace (Yama's, see PR_SET_PTRACER), attaches.
[[noreturn]] void help(pid_t pid, Descriptor socket, long options, const Follow& follow) {
  detach_from_caller(socket.number());
  on_own_stack([&] {
    char leave = 0;
    if (!send_value(socket, getpid()) || !receive_value(socket, leave))
      _exit(1);
    const int error = ptrace(PTRACE_SEIZE, pid, 0, options) == 0 ? 0 : errno;
    if (!send_value(socket, error) || error != 0)
      _exit(1);
    socket = Descriptor{};
    follow(pid);
  });
  _exit(0);
}

/// A child of a child: the program must not find a child that it did not start. False: none.
bool start_helper(Descriptor socket, long options, const Follow& follow) {
  const pid_t pid = getpid();
  const pid_t child = fork();
  if (child == 0) {
    if (fork() == 0)
      help(pid, std::move(socket), options, follow);
    _exit(0);
  }
  return child > 0 && (waitpid(child, nullptr, 0) == child || errno == ECHILD);
}

} // namespace

std::string trace_from_here(long options, const Follow& follow) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return std::strerror(errno);
  const Descriptor here{ends[0]};
  if (!start_helper(Descriptor{ends[1]}, options, follow))
    return "no process can be started for it";
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
