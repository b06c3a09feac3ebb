// SPDX-License-Identifier: Apache-2.0
// What `sealwax` is: the start of static programs by itself, without a loader or a C library, and
// whatever else is asked for by the tool.
#include "deploy/places.hpp"
#include "outside/arch/arch.hpp"
#include "outside/kernel/proc_text.hpp"
#include "outside/start/exec_tracer.hpp"
#include "outside/start/sealed_start.hpp"
#include "start/fresh_program.hpp"
#include "start/launch.hpp"
#include "start/text.hpp"

#include <linux/mman.h>
#include <linux/sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>

/// In entry_*.S.
extern "C" long sealwax_start_clone(unsigned long flags, void* stack, void (*function)(void*),
                                    void* argument);

namespace sealwax::start {
namespace {

using outside::address_of;
using outside::kernel_call;

constexpr int kFailed = 125, kNotExecutable = 126;

[[noreturn]] void leave(int status) {
  for (;;)
    kernel_call(SYS_exit_group, status);
}

/// Both processes have their stacks here: they live in this process's memory, which one of them
/// has for itself when this has executed something else. A copy of it would take longer.
struct Stacks {
  alignas(16) std::byte first[std::size_t{16} << 10];
  alignas(16) std::byte helper[std::size_t{256} << 10];
};
Stacks stacks;

/// What a start takes of the helper's stack is there before it is needed, in one call: page by page
/// it would be while the program waits. That it fails matters to nobody.
void prepare_stack() {
  constexpr std::size_t kTaken = std::size_t{40} << 10;
  const std::uintptr_t end =
      (reinterpret_cast<std::uintptr_t>(&stacks.helper) + sizeof stacks.helper) &
      ~std::uintptr_t{4095};
  (void)kernel_call(SYS_madvise, static_cast<long>(end - kTaken), kTaken, MADV_POPULATE_WRITE);
}

void become_helper(void* helper) {
  outside::help(*static_cast<const outside::Helper*>(helper));
}

void start_other(void* helper) {
  sealwax_start_clone(CLONE_VM | SIGCHLD, stacks.helper + sizeof stacks.helper, become_helper,
                      helper);
  leave(0);
}

/// A child of a child: the program must not find a child that it did not start.
bool start_helper(const outside::Helper& helper) {
  static outside::Helper kept;
  kept = helper;
  const long child = sealwax_start_clone(CLONE_VM | CLONE_VFORK | SIGCHLD,
                                         stacks.first + sizeof stacks.first, start_other, &kept);
  const long waited = child > 0 ? kernel_call(SYS_wait4, child, 0, 0, 0) : child;
  return waited == child || waited == -ECHILD;
}

struct Sealing {
  const Startup& startup;
  const Launch& launch;
};

void warn(int pid, std::string_view what) {
  Text<512> message;
  message << "warning: ";
  message.put_number(static_cast<std::size_t>(pid), 10);
  complain((message << " " << what).view());
}

/// The helper's work.
void seal_start(void* context, int pid) {
  const Sealing& sealing = *static_cast<const Sealing*>(context);
  outside::StaticStart start{pid};
  FreshProgram program{start.program(), sealing.startup.page_size};
  program.look_ahead(outside::File{sealing.launch.program, O_NONBLOCK});
  outside::let_go_of_caller();
  prepare_stack();
  if (!start.run_to_exec())
    return;
  outside::TracedThread& thread = start.program();
  const outside::File file{outside::ProcPath{pid, "exe"}.text()};
  if (!program.look(file, sealing.launch.wanted))
    warn(pid, "is not sealed: it is another program than the one that was looked at");
  else if (outside::SealedStart{start, program}.run(program.plan(), file) ==
           outside::StartEnd::writable)
    warn(pid, outside::kRelroStaysOpen);
  if (thread.error() != 0 && thread.error() != ESRCH)
    warn(pid, thread.failed_step());
  thread.resume(PTRACE_DETACH, 0);
}

/// The variables with LD_PRELOAD's new value. False: there are too many of them.
bool make_environment(const Startup& startup, const Launch& launch, Slice<const char*> into) {
  std::size_t count = 0;
  bool is_set = false;
  for (char** entry = startup.environment; *entry != nullptr; ++entry) {
    if (count + 2 >= into.size())
      return false;
    const bool replaced = !is_set && is_variable(*entry, "LD_PRELOAD");
    is_set |= replaced;
    into[count++] = replaced ? launch.preload : *entry;
  }
  if (!is_set)
    into[count++] = launch.preload;
  into[count] = nullptr;
  return true;
}

/// Returns where nothing has been done.
void run(const Startup& startup) {
  static Launch launch;
  static const char* environment[4096];
  if (!understand(startup, launch) || !make_environment(startup, launch, environment))
    return;
  static Sealing sealing{startup, launch};
  if (outside::trace_from_here(PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD, {seal_start, &sealing},
                               start_helper) != 0)
    return;
  const long answer = kernel_call(SYS_execve, address_of(launch.program),
                                  address_of(launch.command), address_of(environment));
  Text<PATH_MAX> message;
  message << "cannot run " << launch.program << ": error ";
  message.put_number(static_cast<std::size_t>(-answer), 10);
  complain((message << "; name an executable file").view());
  leave(kNotExecutable);
}

/// Returns where the tool is not there.
void become(std::string_view folder, std::string_view place, const Startup& startup) {
  Text<std::size_t{2} * PATH_MAX> path;
  path << folder << place;
  kernel_call(SYS_execve, address_of(path.c_str()), address_of(startup.arguments),
              address_of(startup.environment));
}

/// Becomes the tool, which lies where this program's own place says. Without /proc that is what it
/// was executed by, which may be a link from elsewhere; then where it was installed has to do.
[[noreturn]] void hand_over(const Startup& startup) {
  char self[PATH_MAX];
  const long size = kernel_call(SYS_readlinkat, AT_FDCWD, address_of("/proc/self/exe"),
                                address_of(self), sizeof self);
  const std::string_view own = outside::call_failed(size)
                                   ? std::string_view{startup.executed}
                                   : std::string_view{self, static_cast<std::size_t>(size)};
  if (own.find('/') != std::string_view::npos)
    for (const std::string_view place : {SEALWAX_COMMANDS_FROM_TOOL, "../cli/sealwax"})
      become(own.substr(0, own.rfind('/') + 1), place, startup);
  become({}, SEALWAX_COMMANDS, startup);
  complain("cannot find the rest of Sealwax, " SEALWAX_COMMANDS "; install it again");
  leave(kFailed);
}

} // namespace
} // namespace sealwax::start

extern "C" [[noreturn]] void sealwax_start_main(char** stack) {
  using namespace sealwax::start;
  const Startup startup = startup_at(stack);
  run(startup);
  hand_over(startup);
}

extern "C" [[noreturn]] void __cxa_pure_virtual() {
  __builtin_trap();
}
