#include "cli/commands/run/static_seal.hpp"

#include "cli/commands/run/early_end.hpp"
#include "cli/commands/run/static_start.hpp"
#include "cli/injection/remote_sealing.hpp"
#include "cli/inspection/inspection.hpp"
#include "cli/output/output.hpp"
#include "cli/tracing/exec_tracer.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>

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

class StaticSeal {
public:
  StaticSeal(pid_t pid, const EntryCheck* check) : pid_(pid), start_(pid), check_(check) {}

  void run() {
    try {
      if (start_.run_to_exec() && seal_all())
        finish();
    } catch (const TraceeGone&) {
      // Killed, and so nothing is left to do.
    } catch (const std::exception& error) {
      problems_.emplace_back(error.what());
      finish();
    }
  }

private:
  /// False: it has ended.
  bool seal_all() {
    const bool musl = start_.starts_as_with_musl();
    Inspection found = seal(WritableRelro::stays);
    const Range relro = writable_relro(found);
    if (relro.empty())
      return true;
    if (musl) {
      // musl makes none of its RELRO constant. It is done with it when it first calls the kernel
      // (ldso/dlstart.c, and src/env/__init_tls.c behind it).
      if (!start_.run_to_first_call())
        return false;
      seal(WritableRelro::becomes_constant);
      return true;
    }
    switch (start_.run_to_constant(relro)) {
    case StaticStart::Relro::gone:
      return false;
    case StaticStart::Relro::constant:
      seal(WritableRelro::stays);
      break;
    case StaticStart::Relro::writable:
      has_call_to_make_ = true;
      break;
    }
    return true;
  }

  Inspection seal(WritableRelro relro) {
    const Process process{pid_};
    Inspection found = inspect(process);
    const std::vector<RemoteSeal> seals =
        seals_to_do(found, relro, [](const Part&) { return true; });
    if (seals.empty() || !found.survey.memory)
      return found;
    const Tracee& program = start_.program();
    RemoteCalls calls{program, going_on(program.registers(), false),
                      find_call_instructions(found.survey)};
    for (std::string& problem : seal_remotely(seals, process, *found.survey.memory, calls))
      problems_.push_back(std::move(problem));
    calls.end();
    return found;
  }

  void finish() {
    const Tracee& program = start_.program();
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
      complain("warning: {} does not make its RELRO constant, which stays open; link it with glibc "
               "or musl, or without -z relro",
               pid_);
    }
    program.resume(PTRACE_DETACH, 0);
  }

  pid_t pid_;
  StaticStart start_;
  const EntryCheck* check_;
  std::vector<std::string> problems_;
  /// It stands before a call that the kernel has not been told of.
  bool has_call_to_make_ = false;
};

} // namespace

std::string seal_static_from_here(const EntryCheck* check) {
  // Only what must not run unsealed dies with whoever seals it.
  const long options =
      PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | (check != nullptr ? PTRACE_O_EXITKILL : 0);
  return trace_from_here(options, [check](pid_t pid) { StaticSeal{pid, check}.run(); });
}

} // namespace sealwax::cli
