// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run/static_seal.hpp"

#include "cli/arch/arch.hpp"
#include "cli/commands/run/early_end.hpp"
#include "cli/injection/seals_to_do.hpp"
#include "cli/inspection/inspection.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/preload.hpp"
#include "cli/system/kernel_probe.hpp"
#include "cli/tracing/exec_tracer.hpp"
#include "outside/start/sealed_start.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <elf.h>
#include <exception>
#include <optional>
#include <string>

namespace sealwax::cli {
namespace {

/// What is open of RELRO and can be written still; empty: nothing.
Range writable_relro(const Inspection& found) {
  Range range;
  for (std::size_t i = 0; i < found.survey.parts.size(); ++i) {
    const Part& part = found.survey.parts[i];
    if (part.region != Region::relro || found.verdict.parts[i] != MappingVerdict::open ||
        found.survey.mappings[part.mapping].permissions[1] != 'w')
      continue;
    range = {range.empty() ? part.range.begin : range.begin, part.range.end};
  }
  return range;
}

/// What becomes of the program when it is sealed.
enum class Afterwards : int {
  alone = PTRACE_DETACH,
  followed = PTRACE_CONT,
};

class StaticSeal {
public:
  StaticSeal(pid_t pid, const EntryCheck* check, Afterwards afterwards)
      : pid_(pid), start_(pid), check_(check), afterwards_(afterwards) {}

  void run_from_before_exec() {
    guarded([this] { return start_.run_to_exec(); });
  }
  void run_from_exec() {
    guarded([this] {
      start_.begin_in_exec();
      return true;
    });
  }

private:
  template <typename Begin>
  void guarded(Begin begin) {
    try {
      if (begin() && seal_all())
        finish();
    } catch (const TraceeGone&) {
      // Killed, and so nothing is left to do.
    } catch (const std::exception& error) {
      problems_.emplace_back(error.what());
      finish();
    }
  }

  /// False: it has ended.
  bool seal_all() {
    const Process process{pid_};
    const Inspection found = inspect(process);
    const Range relro = writable_relro(found);
    std::vector<RemoteSeal> now =
        seals_to_do(found, WritableRelro::stays, [](const Part&) { return true; });
    std::vector<RemoteSeal> then =
        seals_to_do(found, WritableRelro::becomes_constant, [relro](const Part& part) {
          return part.region == Region::relro && relro.contains(part.range);
        });
    Room room(std::max(room_for(now).size(), room_for(then).size()));
    outside::StartPlan plan;
    plan.now = {now.data(), now.size()};
    plan.relro = relro;
    plan.then = {then.data(), then.size()};
    plan.room = {room.data(), room.size()};
    plan.instructions = find_call_instructions(found.survey);
    plan.filtered = may_be_filtered();
    InspectedSite site{process, found.survey};
    const outside::StartEnd end = outside::SealedStart{start_, site}.run(
        plan, outside::File{fmt::format("/proc/{}/exe", pid_).c_str()});
    problems_ = site.take_problems();
    check(start_.program());
    has_call_to_make_ = end == outside::StartEnd::writable;
    return end != outside::StartEnd::gone;
  }

  void finish() {
    const Tracee program{pid_};
    for (const std::string& problem : problems_)
      complain("warning: {} is not sealed as its policy wants it: {}", pid_, problem);
    if (check_ != nullptr) {
      if (const std::string reason = (*check_)(pid_); !reason.empty()) {
        complain("{}", reason);
        if (has_call_to_make_)
          program.answer_in_place_of_kernel(0);
        end_before_its_begin(program);
        return;
      }
    } else if (has_call_to_make_) {
      complain("warning: {} {}", pid_, outside::kRelroStaysOpen);
    }
    program.resume(static_cast<int>(afterwards_), 0);
  }

  pid_t pid_;
  outside::StaticStart start_;
  const EntryCheck* check_;
  Afterwards afterwards_;
  std::vector<std::string> problems_;
  /// It stands before a call that the kernel has not been told of.
  bool has_call_to_make_ = false;
};

/// Whether a process has just become a program that nothing else seals.
bool is_for_us(pid_t pid) {
  const std::optional<ElfFile> elf = read_elf_file(fmt::format("/proc/{}/exe", pid));
  return elf && elf->machine == arch::kMachine && elf->elf_class == ELFCLASS64 &&
         !why_no_loader(*elf).empty();
}

/// Lets all tracees go on, whatever they do, until there are none, and seals what they execute.
void follow_all(const EntryCheck* check) {
  int status = 0;
  pid_t id = 0;
  while ((id = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
    if (id <= 0 || !WIFSTOPPED(status))
      continue;
    const int event = status >> 16, signal = WSTOPSIG(status);
    const bool group_stop = event == PTRACE_EVENT_STOP && signal != SIGTRAP;
    if (event == PTRACE_EVENT_EXEC && is_for_us(id))
      StaticSeal{id, check, Afterwards::followed}.run_from_exec();
    else
      Tracee{id}.resume(group_stop ? PTRACE_LISTEN : PTRACE_CONT, event == 0 ? signal : 0);
  }
}

/// Only what must not run unsealed dies with whoever seals it.
long options_for(const EntryCheck* check) {
  return PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | (check != nullptr ? PTRACE_O_EXITKILL : 0);
}

} // namespace

std::string seal_static_from_here(const EntryCheck* check) {
  return trace_from_here(options_for(check), [check](pid_t pid) {
    StaticSeal{pid, check, Afterwards::alone}.run_from_before_exec();
  });
}

std::string seal_and_follow_from_here(const EntryCheck* check) {
  const long options =
      options_for(check) | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
  return trace_from_here(options, [check](pid_t) { follow_all(check); });
}

} // namespace sealwax::cli
