// SPDX-License-Identifier: Apache-2.0
// sealwax learn: which exceptions from a policy a program takes.
#include "cli/commands/commands.hpp"
#include "cli/commands/learn/following/memory_filter.hpp"
#include "cli/commands/learn/learn_report.hpp"
#include "cli/commands/learn/rehearsal.hpp"
#include "cli/commands/learn/unit_watch.hpp"
#include "cli/commands/learn/watching.hpp"
#include "cli/exceptions/policy_output.hpp"
#include "cli/output/output.hpp"
#include "cli/output/shell_words.hpp"
#include "cli/reports/report_sources.hpp"
#include "cli/reports/report_summary.hpp"
#include "cli/sealing/launch.hpp"
#include "cli/sealing/named.hpp"
#include "cli/sealing/verdict.hpp"
#include "cli/system/descriptor.hpp"
#include "deploy/preload_file.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli::learn {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax learn [OPTION...] [--] PROGRAM [ARGUMENT...]
       sealwax learn --unit UNIT --for TIME [OPTION...]
       sealwax learn --boot [--unit UNIT] [OPTION...]

Run PROGRAM, and all that it starts, as under its policy but with nothing
sealed; list each call that sealing would have refused, and write the policy
with the fewest exceptions that let PROGRAM work. With --unit: restart a service
under a policy that only watches, let it work, restart it as it was, and do the
same by what its programs reported; with --boot by all that was reported since
the system started, where its policy watches.

Options:
      --unit UNIT     watch this service of systemd; takes root
      --for TIME      for so long: 90s, 10min, 2h, 1d. ^C ends it sooner
      --boot          what was reported since the system started, by --unit alone
                      or by all
  -o, --output FILE   write the policy to FILE, replaced as a whole; else it is
                      printed. Never the policy that holds on this system
      --policy FILE   learn what this policy refuses, or the NAME of one that comes
                      with Sealwax; else the one that holds
      --library FILE  preload this library; else libsealwax.so beside sealwax,
                      then in the library directory
      --json          one JSON document; PROGRAM's output then goes to stderr
      --color WHEN    auto (a terminal, and NO_COLOR is not set), always, never
  -h, --help          this text

Let PROGRAM do all that it is to do later: what it did not do is not learnt. To
add what another run does, name what was written as --policy FILE and -o FILE.
It ends when PROGRAM and all that it started have ended; ^C is PROGRAM's, and
ends what it left behind. What the library does not reach (static or setuid
programs) is left out, and a message says so. A library that is unloaded is no
finding: what is sealed of it stays mapped, and the program takes no notice. Of
one that is closed again and again 'dlopen = pin' is proposed, and not written.

Exit status:
  0    nothing would be refused
  1    something would be, and the exceptions are in the policy
  2    could not tell: no library, a bad policy, no permission to trace, or a
       signal killed PROGRAM before anything was found
  64   wrong usage
  126  PROGRAM cannot be executed
  127  PROGRAM was not found
)";

struct Options : Launch {
  std::string unit;
  std::string time; ///< for how long
  bool boot = false;
  std::string output;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;

  [[nodiscard]] bool runs_no_program() const { return !unit.empty() || boot; }
};

/// Throws CommandError where PROGRAM could not show what its policy refuses it.
void check_can_learn(const Target& target, const EffectivePolicy& policy) {
  if (!proc_is_of_own_namespace())
    throw CommandError(fmt::format("cannot follow {}: {}", printable(target.program), kOtherProc));
  const std::vector<Obstacle> found = obstacles(target.program, target.loaded, target.library);
  if (!found.empty())
    throw CommandError(fmt::format("{}: there is nothing to learn from it ({})",
                                   found.front().cause, found.front().remedy));
  if (seals_nothing(policy.rules()))
    throw CommandError(fmt::format("the policy {} seals nothing in {}; name one with "
                                   "'mode = enforce' by --policy",
                                   printable(policy.source()), printable(target.loaded)));
}

/// What is wrong with the options taken together. Empty: nothing.
std::string usage_problem(const Options& options) {
  if (options.boot && !options.time.empty())
    return "--boot and --for exclude each other";
  if (options.boot && !options.library.empty())
    return "--library is for what is run";
  if (!options.boot && options.unit.empty() != options.time.empty())
    return "--unit UNIT and --for TIME go together";
  return {};
}

std::chrono::seconds time_to_watch(const std::string& text) {
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  const std::optional<std::uint64_t> begin = report::parse_time("-" + text, now);
  if (!begin || *begin == now)
    throw CommandError(kWrongUsage, fmt::format("--for takes a time as 90s, 10min, 2h or 1d, not "
                                                "'{}'",
                                                printable(text)));
  return std::chrono::seconds{now - *begin};
}

/// Empty for the built-in default.
std::string policy_text_of(const EffectivePolicy& policy) {
  if (policy.source().empty())
    return {};
  const std::optional<std::string> text = text_here(policy.source());
  if (!text)
    throw CommandError(fmt::format("cannot read the policy {}: {}", printable(policy.source()),
                                   reading_problem(errno)));
  return *text;
}

/// After a unit or a boot was watched.
std::string next_of_watched(const Lesson& lesson, const Options& options) {
  const std::string& unit = lesson.watched->unit;
  if (lesson.has_exceptions && lesson.output.empty()) {
    std::vector<std::string> words = {"sealwax", "learn", "-o", "FILE"};
    if (options.boot)
      words.emplace_back("--boot");
    if (!unit.empty())
      words.insert(words.end(), {"--unit", unit});
    if (!options.time.empty())
      words.insert(words.end(), {"--for", options.time});
    return shell_words(words);
  }
  if (!lesson.output.empty() && (options.boot || unit.empty()))
    return shell_words({"sealwax", "policy", "check", lesson.output});
  if (!lesson.came_to_its_end())
    return shell_words({"systemctl", "status", unit});
  std::vector<std::string> words = {"sealwax", "systemd"};
  if (!lesson.output.empty())
    words.insert(words.end(), {"--policy", std::filesystem::absolute(lesson.output).string()});
  else if (!options.policy.empty())
    words.insert(words.end(), {"--policy", std::filesystem::absolute(options.policy).string()});
  if (unit.empty())
    return {};
  words.push_back(unit);
  return shell_words(words);
}

std::string next_command(const Lesson& lesson, const Options& options, bool policy_is_fixed) {
  std::vector<std::string> words = {"sealwax", "run"};
  if (lesson.refused_calls.all().empty() && !lesson.came_to_its_end())
    return shell_words(lesson.command);
  if (lesson.output.empty() && lesson.has_exceptions)
    words = {"sealwax", "learn", "-o", "FILE"};
  else if (policy_is_fixed && !lesson.output.empty())
    return shell_words({"mv", lesson.output, kSystemPolicy});
  if (!options.library.empty())
    words.insert(words.end(), {"--library", options.library});
  if (const std::string& policy = lesson.output.empty() ? options.policy : lesson.output;
      !policy.empty())
    words.insert(words.end(), {"--policy", policy});
  words.emplace_back("--");
  words.insert(words.end(), lesson.command.begin(), lesson.command.end());
  return shell_words(words);
}

class Learn {
public:
  Learn(const Options& options, Lesson& lesson) : options_(options), lesson_(lesson) {}

  /// Throws std::exception.
  int run() {
    if (!options_.output.empty())
      if (const std::string problem = policy_path_problem(options_.output); !problem.empty())
        throw CommandError(problem);
    if (options_.runs_no_program())
      return watch();
    const Target target = find_target(options_);
    const EffectivePolicy policy = launch_policy(target.loaded, options_);
    check_can_learn(target, policy);
    lesson_.policy = policy.source();
    const std::string base = policy_text_of(policy);
    rehearse(target);
    conclude(base);
    const bool fixed = policy.rules().process().environment == Environment::deny &&
                       policy.source() == kSystemPolicy;
    lesson_.next = next_command(lesson_, options_, fixed);
    return code();
  }

private:
  int watch() {
    const EffectivePolicy policy =
        options_.policy.empty() ? system_policy("", false, open_here)
                                : policy_in_file("", policy_named(SystemRoot{}, options_.policy));
    if (!policy.problem().empty())
      throw CommandError(printable(policy.problem()));
    lesson_.policy = policy.source();
    const std::string base = policy_text_of(policy);
    lesson_.watched = Watched{options_.unit.empty() ? "" : service_name(options_.unit), "", 0};
    lesson_.refused_calls = options_.boot ? calls_since_boot() : calls_of_unit(base);
    lesson_.ran = true;
    conclude(base);
    lesson_.next = next_of_watched(lesson_, options_);
    return code();
  }

  RefusedCalls calls_since_boot() {
    if (options_.unit.empty() && !reaches_every_program())
      throw CommandError(fmt::format("nothing watches this boot: {} does not name the library; "
                                     "'sealwax policy mode observe', 'sealwax install', and boot "
                                     "again",
                                     deploy::kPreloadPath));
    lesson_.watched->result = "success";
    report::JournalQuery query;
    query.this_boot = true;
    query.unit = lesson_.watched->unit;
    return reported_calls(query);
  }

  RefusedCalls calls_of_unit(const std::string& base) {
    Watched& watched = *lesson_.watched;
    const std::chrono::seconds time = time_to_watch(options_.time);
    watched.seconds = static_cast<std::uint64_t>(time.count());
    UnitWatch watch{watched.unit, find_library(options_.library), watching(base)};
    watch.wait(time);
    const bool any = watch.watches_anything();
    watched.result = watch.result();
    watch.end();
    report::JournalQuery query;
    query.since = watch.begun();
    query.unit = watched.unit;
    RefusedCalls calls = reported_calls(query);
    if (!any && calls.all().empty())
      throw CommandError(fmt::format("no process of {} was under the policy that watches; "
                                     "'sealwax systemd --print {}' says what may be in the way",
                                     printable(watched.unit), printable(watched.unit)));
    return calls;
  }

  /// What the journal says of a unit's processes is theirs, whether or not one of them has ended.
  static RefusedCalls reported_calls(const report::JournalQuery& query) {
    report::Summary summary;
    report::for_each_journal_entry(query, [&](std::string_view line) {
      if (const report::ReadLine read = report::read_line(line, "here"); read.report)
        summary.add(*read.report);
    });
    const std::vector<report::Finding> findings = summary.findings();
    return report::refused_calls_of(findings, !query.unit.empty());
  }

  void conclude(const std::string& base) {
    const std::vector<Exception> exceptions = exceptions_from(lesson_.refused_calls.all());
    lesson_.has_exceptions = !exceptions.empty();
    lesson_.policy_text = policy_with(base, exceptions);
    write();
  }

  [[nodiscard]] int code() const {
    if (!lesson_.errors.empty())
      return kCouldNotTell;
    if (!lesson_.refused_calls.all().empty())
      return kFindings;
    const bool failed = lesson_.watched ? !lesson_.came_to_its_end() : lesson_.died();
    return failed ? kCouldNotTell : kAsItShouldBe;
  }

  void rehearse(const Target& target) {
    Rehearsal rehearsal{target.library};
    ProcessTree tree{rehearsal};
    const Ending ending = tree.run([&] {
      if (options_.json)
        dup2(STDERR_FILENO, STDOUT_FILENO);
      set_launch_environment(target.library, options_);
      install_memory_filter();
      execute(target.program, options_.command);
    });
    if (!ending.executed)
      throw CommandError(ending.problem_code, ending.problem);
    if (!rehearsal.seals_were_asked_for())
      throw CommandError(
          fmt::format("{} ran, but nothing in it asked for a seal: its loader did not "
                      "take the library, or a seccomp filter answers mseal(2) here; "
                      "nothing was learnt",
                      printable(target.program)));
    lesson_.ran = true;
    lesson_.status = ending.status;
    lesson_.was_asked_to_end = ending.was_asked;
    lesson_.refused_calls = rehearsal.refused_calls();
    lesson_.closings = rehearsal.closings().frequent();
    lesson_.remarks = rehearsal.remarks();
    for (const std::string& text : lesson_.remarks)
      complain_text(text);
  }

  void write() {
    if (options_.output.empty())
      return;
    const std::string problem = write_policy(options_.output, lesson_.policy_text);
    if (problem.empty()) {
      lesson_.output = options_.output;
    } else {
      lesson_.errors.push_back(problem);
      complain_text(problem);
    }
  }

  const Options& options_;
  Lesson& lesson_;
};

int answer_lesson(const Options& options, Lesson& lesson) {
  lesson.command = options.command;
  const int code = Learn{options, lesson}.run();
  answer(options.json ? lesson_json(lesson, code)
                      : lesson_text(lesson, wants_color(options.color)));
  return code;
}

} // namespace
} // namespace sealwax::cli::learn

int sealwax::cli::learn_command(Arguments arguments) {
  using namespace learn;
  Options options;
  Lesson lesson;
  CommandLine line{"learn", kHelp, {kCouldNotTell, kWrongUsage, true}};
  line.app().add_option("--unit", options.unit);
  line.app().add_option("--for", options.time);
  line.app().add_flag("--boot", options.boot);
  line.app().add_option("-o,--output", options.output);
  add_launch(line, options);
  line.add_json(options.json, [&](const std::string& message, ExitCode code) {
    lesson.errors.push_back(message);
    answer(lesson_json(lesson, code));
  });
  line.add_color(options.color);
  line.spare_program([&] { return options.runs_no_program(); });
  line.add_check([&] { return usage_problem(options); });
  return line.run(arguments, [&] { return answer_lesson(options, lesson); });
}
