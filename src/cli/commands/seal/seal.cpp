// SPDX-License-Identifier: Apache-2.0
// sealwax seal: seals processes that run already.
#include "cli/commands/commands.hpp"
#include "cli/commands/seal/process_seal.hpp"
#include "cli/commands/seal/seal_report.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/processes_where.hpp"
#include "cli/sealing/named.hpp"
#include "cli/system/descriptor.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace sealwax::cli {
namespace {

using seal::Outcome;

constexpr std::string_view kHelp =
    R"(Usage: sealwax seal [OPTION...] PID...
       sealwax seal [OPTION...] NAME|PATH...
       sealwax seal [OPTION...] --unit UNIT

Seal what the policy wants sealed of processes that run already, dynamic or
static: those that started before Sealwax came, or without the library. NAME is
what they run, PATH the file or a folder that it is in. A process is stopped for a moment, made to make the calls, and let go on. Calls that it was
waiting in are made again: a timeout begins anew, and a transfer that was half
done ends short, as behind any tracer. Those of which signal(7) says that a stop
interrupts them can answer EINTR where children of several threads end at that
moment, and on aarch64 where a thread has just begun to wait. A seal lasts until
the process ends.

Options:
      --unit UNIT    every process of this unit of systemd
      --policy FILE  seal by this policy, or by the NAME of one that comes with Sealwax;
                     else by the one that holds for each
      --closable     seal libraries that can be closed as well: once closed they
                     stay mapped
      --dry-run      say what would be sealed, and for how long it would stop
      --json         a document in place of lines
  -h, --help         this text

Left out are libraries that the program can close again, and RELRO that it can
still write to; that of a static musl program is made constant where the program
waits in a call. Left alone is a process that is traced or stopped, whose first
thread has ended or waits for a vfork, that has a shadow stack or its system calls
handed to itself, that is under a seccomp filter which cannot be suspended (which
takes root), or that loads a library whenever it is looked at.

Exit status:
  0   all that was to be sealed is sealed
  1   something of it is not; it is told
  2   a process could not be sealed at all, or there is none
  64  wrong usage
)";

struct Options {
  std::vector<std::string> pid_texts;
  std::optional<std::string> unit;
  seal::Wishes wishes;
  bool json = false;
};

std::string usage_problem(const Options& options) {
  if (options.unit.has_value() == !options.pid_texts.empty())
    return "takes PIDs or --unit UNIT, one of the two";
  for (const std::string& text : options.pid_texts)
    if (!is_program_name(text) && !parse_pid(text))
      return fmt::format("'{}' is no PID", printable(text));
  return {};
}

std::vector<pid_t> processes_of_unit(const std::string& unit) {
  std::vector<pid_t> found;
  for (const pid_t pid : all_pids()) {
    try {
      const std::string name = unit_of(cgroup_path(Process{pid}.text("cgroup").value_or("")));
      // A unit's own ExecStartPost= is among its processes.
      if (pid != getpid() && (name == unit || name == unit + ".service"))
        found.push_back(pid);
    } catch (const ProcessError&) {
      continue; // it has ended
    }
  }
  if (found.empty())
    throw CommandError(fmt::format("no process of unit {} runs; {}'systemctl status {}' tells more",
                                   printable(unit), did_you_mean(unit, running_units()),
                                   printable(unit)));
  return found;
}

/// Not this one, which can run what is named.
void add_missing(std::vector<pid_t>& pids, const std::vector<pid_t>& more) {
  for (const pid_t pid : more)
    if (pid != getpid() && std::find(pids.begin(), pids.end(), pid) == pids.end())
      pids.push_back(pid);
}

std::string outcome_in_words(pid_t pid, const seal::Wishes& wishes) {
  try {
    return text_of(seal::outcome_json(seal::seal_process(pid, wishes)));
  } catch (const std::exception& error) {
    Outcome failed;
    failed.pid = pid;
    failed.problem = error.what();
    return text_of(seal::outcome_json(failed));
  }
}

/// In a process of its own: what that traces is let go by the kernel when it ends, also a thread
/// that did not stand still in time.
Outcome sealed_by_child(pid_t pid, const seal::Wishes& wishes) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw CommandError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  const Descriptor answer{ends[0]};
  Descriptor to_tell{ends[1]};
  const pid_t child = fork();
  if (child < 0)
    throw CommandError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  if (child == 0) {
    const std::string text = outcome_in_words(pid, wishes);
    _exit(write(to_tell.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size())
              ? 0
              : 1);
  }
  to_tell = Descriptor{};
  const std::optional<std::string> text = read_all(answer.number(), std::size_t{1} << 24);
  waitpid(child, nullptr, 0);
  const Json document = Json::parse(text.value_or(""), nullptr, false);
  if (document.is_discarded())
    throw CommandError(fmt::format("whoever sealed process {} died; the process goes on", pid));
  return seal::outcome_of(document);
}

bool has_ended(pid_t pid) {
  try {
    const std::optional<std::string> state = Process{pid}.text("stat");
    if (!state)
      return true;
    const ProcessState now = parse_stat(*state);
    return now.letter == 'Z' || now.ending;
  } catch (const ProcessError&) {
    return true;
  }
}

int seal_all(Options& options) {
  if (!proc_is_of_own_namespace())
    throw CommandError(kOtherProc);
  if (!options.wishes.policy.empty())
    options.wishes.policy = policy_named(SystemRoot{}, options.wishes.policy);
  std::vector<pid_t> pids;
  if (options.unit)
    pids = processes_of_unit(*options.unit);
  const std::size_t of_unit = pids.size();
  for (const std::string& text : options.pid_texts)
    if (is_program_name(text))
      add_missing(pids, processes_meant_by(text));
    else
      pids.push_back(parse_pid(text).value_or(0));
  std::vector<Outcome> outcomes;
  std::vector<std::string> errors;
  ExitCode code = kAsItShouldBe;
  for (std::size_t i = 0; i < pids.size(); ++i) {
    const pid_t pid = pids[i];
    Outcome outcome = sealed_by_child(pid, options.wishes);
    // Nobody asked for this very one: what a unit has started and waited for is not missed.
    if (!outcome.problem.empty() && i < of_unit && has_ended(pid))
      continue;
    for (const std::string& failure : outcome.failures)
      complain("process {}: {}", pid, failure);
    if (!outcome.problem.empty()) {
      errors.push_back(printable(outcome.problem));
      complain("{}", errors.back());
      code = kCouldNotTell;
    } else if (!outcome.is_as_wanted() && code == kAsItShouldBe) {
      code = kFindings;
    }
    if (!options.json)
      answer(seal::outcome_text(outcome, options.wishes.dry_run));
    outcomes.push_back(std::move(outcome));
  }
  if (options.json)
    answer(seal::seal_json(outcomes, errors));
  return code;
}

} // namespace

int seal_command(Arguments arguments) {
  Options options;
  CommandLine line{"seal", kHelp};
  line.app().add_option("--unit", options.unit);
  line.app().add_option("--policy", options.wishes.policy);
  line.app().add_flag("--closable", options.wishes.closable);
  line.app().add_flag("--dry-run", options.wishes.dry_run);
  line.app().add_option("PID", options.pid_texts);
  line.add_json(options.json, [](const std::string& message, ExitCode) {
    answer(seal::seal_json({}, {message}));
  });
  line.add_check([&] { return usage_problem(options); });
  return line.run(arguments, [&]() -> int { return seal_all(options); });
}

} // namespace sealwax::cli
