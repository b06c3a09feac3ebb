// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/seal/process_seal.hpp"

#include "cli/arch/arch.hpp"
#include "cli/injection/seals_to_do.hpp"
#include "cli/injection/stopped_process.hpp"
#include "cli/inspection/inspection.hpp"
#include "cli/process/lasting_objects.hpp"
#include "cli/process/link_map.hpp"
#include "cli/process/process_facts.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <elf.h>
#include <map>
#include <span>
#include <thread>
#include <unistd.h>

namespace sealwax::cli::seal {
namespace {

using Clock = StoppedProcess::Clock;

/// How long a process may take to stand still; it waits meanwhile.
constexpr std::chrono::milliseconds kPatience{200};
/// Attempts at a process that changes, or loads something, whenever it is looked at.
constexpr int kAttempts = 100;
/// Of these, so many look before they stop it, which makes the stop short.
constexpr int kQuickAttempts = 20;
constexpr std::chrono::milliseconds kBetweenAttempts{10};

/// What is known of a process, and what is to be done.
struct Plan {
  Inspection found;
  std::vector<bool> lasting; ///< one for each object
  std::vector<bool> unready; ///< likewise: its RELRO can be written still
  std::vector<RemoteSeal> seals;
  CallInstructions instructions;
};

/// By object: its RELRO is wanted, and can be written still. A loader may be relocating it.
std::vector<bool> unready_objects(const Inspection& found) {
  std::vector<bool> unready(found.survey.objects.size(), false);
  for (std::size_t i = 0; i < found.survey.parts.size(); ++i) {
    const Part& part = found.survey.parts[i];
    if (part.region == Region::relro && part.object != Part::kNone &&
        found.survey.mappings[part.mapping].permissions[1] == 'w')
      unready[part.object] = true;
  }
  return unready;
}

/// Whether a loader has still to begin.
bool is_starting(const Survey& survey) {
  const bool awaits_loader =
      std::any_of(survey.objects.begin(), survey.objects.end(), [](const Object& object) {
        return object.has_interpreter && !object.layout.dynamic.empty();
      });
  return awaits_loader && loader_view(survey).program == Part::kNone;
}

/// Whether it waits in a call of its own, so that its start lies behind it.
bool waits_in_call(const Process& process) {
  const std::string text = process.text("syscall").value_or("");
  long number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number >= 0 && number != SYS_execve && number != SYS_execveat;
}

/// musl's static programs make none of their RELRO constant, though they write to it only before
/// their first call (ldso/dlstart.c, and src/env/__init_tls.c behind it).
WritableRelro what_becomes_of_relro(const Process& process, const Survey& survey) {
  std::array<std::uint8_t, arch::kMuslStart.size()> begin{};
  const Address entry = process.auxiliary(AT_ENTRY).value_or(0);
  const bool musl =
      loader_view(survey).program == Part::kNone &&
      survey.memory->read(entry, std::as_writable_bytes(std::span{begin})) == Memory::Outcome::ok &&
      begin == arch::kMuslStart;
  return musl && waits_in_call(process) ? WritableRelro::becomes_constant : WritableRelro::stays;
}

Inspection inspected(const Process& process, const Wishes& wishes) {
  Inspection found = inspect(process);
  if (!wishes.policy.empty()) {
    found.policy = policy_in_file(name_in_policies(found.survey, found.executable.value_or("")),
                                  wishes.policy);
    found.verdict = judge(found.survey, found.policy);
  }
  return found;
}

Plan plan_for(const Process& process, const Wishes& wishes) {
  Plan plan;
  plan.found = inspected(process, wishes);
  const Survey& survey = plan.found.survey;
  if (!survey.memory)
    throw Unwilling("cannot be looked into; it takes the right to trace it, as root has", false);
  if (!plan.found.policy.problem().empty())
    throw Unwilling(fmt::format("has no policy to be sealed by: {}", plan.found.policy.problem()),
                    false);
  plan.lasting = lasting_objects(survey);
  plan.unready = unready_objects(plan.found);
  const bool by_loader = loader_view(survey).program != Part::kNone;
  const WritableRelro relro = what_becomes_of_relro(process, survey);
  plan.seals = seals_to_do(plan.found, relro, [&](const Part& part) {
    return part.object == Part::kNone || ((wishes.closable || plan.lasting[part.object]) &&
                                          !(by_loader && plan.unready[part.object]));
  });
  plan.instructions = find_call_instructions(survey);
  return plan;
}

/// Whether all that the plan rests on is where it was found: what is to be sealed, and what leads
/// the process back. A library that was there for only one of the looks at it is in neither list of
/// what was there before and after.
bool still_holds(const Plan& plan, const Process& process) {
  std::vector<Range> ranges = places_of(plan.instructions);
  for (const RemoteSeal& seal : plan.seals)
    ranges.push_back(seal.range);
  return are_alike_at(ranges, plan.found.survey.mappings,
                      parse_maps(process.text("maps").value_or("")));
}

/// Where what leads a thread back can be laid: below what it uses of the stack that the kernel gave
/// the process. Other stacks can be as small as a function needs (goroutines', coroutines').
bool stands_on_own_stack(const Survey& survey, const arch::Registers& registers) {
  const Mapping* mapping = mapping_at(survey.mappings, arch::stack_pointer(registers));
  return mapping != nullptr && mapping->name == "[stack]";
}

class Attempt {
public:
  Attempt(const Process& process, const Wishes& wishes, Outcome& outcome)
      : process_(process), wishes_(wishes), outcome_(outcome) {}

  /// Throws Unwilling.
  void run(bool look_first) {
    check_can_be_stopped(process_);
    Plan plan;
    if (look_first) {
      plan = plan_for(process_, wishes_);
      if (plan.seals.empty())
        return check_rest(plan);
      if (wishes_.dry_run)
        return tell(plan);
    }
    Room room = room_for(plan.seals);
    StoppedProcess stopped{process_, kPatience};
    if (!look_first) {
      plan = plan_for(process_, wishes_);
      room = room_for(plan.seals);
    }
    if (!still_holds(plan, process_))
      throw Unwilling("changes whenever it is looked at", true);
    seal(plan, std::move(room), stopped);
  }

private:
  void seal(const Plan& plan, Room room, StoppedProcess& stopped) {
    check_rest(plan);
    if (is_loader_at_work(plan.found.survey))
      throw Unwilling("loads or unloads a library whenever it is looked at", true);
    const arch::Registers registers = stopped.first().registers();
    if (!stands_on_own_stack(plan.found.survey, registers))
      throw Unwilling("runs on another stack than its own whenever it is looked at", true);
    if (!plan.instructions.lead_back())
      throw Unwilling("has no instructions that lead it back", false);
    outside::TracedThread first{stopped.first().thread()};
    outside::RemoteCalls calls{first, stopped.first_goes_on(), plan.instructions};
    check(first);
    std::vector<RemoteSeal> seals = plan.seals;
    InspectedSite site{process_, plan.found.survey};
    if (calls.goes_back_alone())
      outside::seal_remotely({seals.data(), seals.size()}, {room.data(), room.size()}, site, calls);
    outcome_.failures = site.take_problems();
    calls.end();
    check(first);
    if (!calls.goes_back_alone())
      throw Unwilling("has no room on its stack", true);
    tell(plan);
    outcome_.milliseconds =
        std::chrono::duration<double, std::milli>(stopped.stopped_for()).count();
  }

  static void check_rest(const Plan& plan) {
    if (is_starting(plan.found.survey))
      throw Unwilling("is only just starting", true);
  }

  void tell(const Plan& plan) {
    outcome_.mappings = plan.seals.size();
    outcome_.bytes = 0;
    for (const RemoteSeal& seal : plan.seals)
      outcome_.bytes += seal.range.size();
    outcome_.milliseconds = estimate(plan);
  }

  /// Of stopping and letting go, of calls by stops of the tracer, and of bytes that are moved.
  double estimate(const Plan& plan) const {
    constexpr double kStop = 0.2, kThread = 0.03, kCall = 0.03, kMegabyte = 0.6;
    double sum = kStop;
    sum +=
        kThread * static_cast<double>(
                      status_number(process_.text("status").value_or(""), "Threads").value_or(1));
    for (const RemoteSeal& seal : plan.seals)
      sum +=
          seal.moved ? 4 * kCall + kMegabyte * static_cast<double>(seal.range.size()) / 1e6 : kCall;
    return sum;
  }

  const Process& process_;
  const Wishes& wishes_;
  Outcome& outcome_;
};

/// Why a part is open still.
std::string why_open(const Plan& plan, const Part& part, const Wishes& wishes) {
  if (part.object == Part::kNone)
    return "the kernel refused it";
  if (!plan.lasting[part.object])
    return wishes.closable ? "it was loaded meanwhile; say it again"
                           : "it can be closed; --closable seals it as well";
  if (plan.unready[part.object])
    return "its RELRO is not constant";
  return "the kernel refused it";
}

void tell_what_is_left(const Process& process, const Wishes& wishes, Outcome& outcome) {
  const Plan plan = plan_for(process, wishes);
  const Survey& survey = plan.found.survey;
  std::map<std::size_t, Left> left;
  for (std::size_t i = 0; i < survey.parts.size(); ++i) {
    const Part& part = survey.parts[i];
    const MappingVerdict verdict = plan.found.verdict.parts[i];
    const bool open = verdict == MappingVerdict::open || verdict == MappingVerdict::contents_open;
    if (!open || !part.region)
      continue;
    Left& entry = left[part.object];
    const std::string name = part.object == Part::kNone ? survey.mappings[part.mapping].name
                                                        : survey.objects[part.object].path;
    entry.object = name.empty() ? outcome.executable : name; // of what is mapped from no file
    entry.regions = entry.regions.with({*part.region});
    entry.why = why_open(plan, part, wishes);
    entry.expected = part.object != Part::kNone && !plan.lasting[part.object] && !wishes.closable;
  }
  for (auto& [object, entry] : left)
    outcome.left.push_back(std::move(entry));
}

} // namespace

bool Outcome::is_as_wanted() const {
  return problem.empty() && failures.empty() &&
         std::all_of(left.begin(), left.end(), [](const Left& entry) { return entry.expected; });
}

Outcome seal_process(pid_t pid, const Wishes& wishes) {
  const Process process{pid};
  Outcome outcome;
  outcome.pid = pid;
  outcome.executable = process.executable().value_or(process.name());
  for (int attempt = 1;; ++attempt) {
    try {
      Attempt{process, wishes, outcome}.run(attempt <= kQuickAttempts || wishes.dry_run);
      if (!wishes.dry_run)
        tell_what_is_left(process, wishes, outcome);
      return outcome;
    } catch (const Unwilling& reason) {
      if (!reason.may_change() || attempt == kAttempts) {
        outcome.problem = fmt::format("process {} ({}) {}", pid, outcome.executable, reason.what());
        return outcome;
      }
    } catch (const TraceeGone&) {
      outcome.problem = fmt::format("process {} has ended", pid);
      return outcome;
    }
    std::this_thread::sleep_for(kBetweenAttempts);
  }
}

} // namespace sealwax::cli::seal
