// SPDX-License-Identifier: Apache-2.0
#include "cli/tracing/exec_tracer.hpp"

#include "outside/start/exec_tracer.hpp"

#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sched.h>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// What lies between the caller and the helper.
int start_help(void* helper) {
  if (_Fork() == 0)
    outside::help(*static_cast<const outside::Helper*>(helper));
  return 0;
}

/// A child of a child: the program must not find a child that it did not start. The first is there
/// only to start the second, in the caller's memory, which waits for it; a copy would take as long
/// as all that is done to the program. Both are on a stack of their own: what the caller's limit
/// leaves of one (ulimit -s) can be less than looking at a process takes.
bool start_helper(const outside::Helper& helper) {
  constexpr std::size_t kStack = std::size_t{1} << 20;
  void* const stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED)
    return false;
  const pid_t child =
      clone(start_help, static_cast<std::byte*>(stack) + kStack, CLONE_VM | CLONE_VFORK | SIGCHLD,
            const_cast<outside::Helper*>(&helper));
  const bool started = child > 0 && (waitpid(child, nullptr, 0) == child || errno == ECHILD);
  munmap(stack, kStack);
  return started;
}

} // namespace

std::string trace_from_here(long options, const Follow& follow) {
  const auto call = [](void* context, int pid) {
    outside::let_go_of_caller();
    (*static_cast<const Follow*>(context))(pid);
  };
  switch (const int error = outside::trace_from_here(options, {call, const_cast<Follow*>(&follow)},
                                                     start_helper)) {
  case 0:
    return {};
  case outside::kNoHelper:
    return "no process can be started for it";
  case outside::kHelperDied:
    return "the helper process died";
  default:
    return std::strerror(error);
  }
}

} // namespace sealwax::cli
