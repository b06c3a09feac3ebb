// sealwax learn: which exceptions from a policy a program takes.
#include "cli/commands/commands.hpp"
#include "cli/commands/learn/following/memory_filter.hpp"
#include "cli/commands/learn/learn_report.hpp"
#include "cli/commands/learn/rehearsal.hpp"
#include "cli/exceptions/policy_output.hpp"
#include "cli/output/output.hpp"
#include "cli/output/shell_words.hpp"
#include "cli/sealing/launch.hpp"
#include "cli/sealing/verdict.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace sealwax::cli::learn {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax learn [OPTION...] [--] PROGRAM [ARGUMENT...]

Run PROGRAM, and all that it starts, as under its policy but with nothing
sealed; list each call that sealing would have refused, and write the policy
with the fewest exceptions that let PROGRAM work.

Options:
  -o, --output FILE   write the policy to FILE, replaced as a whole; else it is
                      printed. Never the policy that holds on this system
      --policy FILE   learn what this policy refuses; else the one that holds
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
finding: what is sealed of it stays mapped, and the program takes no notice.

Exit status:
  0    nothing would be refused
  1    something would be, and the exceptions are in the policy
  2    could not tell: no library, a bad policy, no leave to trace
  64   wrong usage
  126  PROGRAM cannot be executed
  127  PROGRAM was not found
)";

struct Options : Launch {
  std::string output;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;
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

/// Empty for the built-in default.
std::string policy_text_of(const EffectivePolicy& policy) {
  if (policy.source().empty())
    return {};
  const Descriptor file = open_here(policy.source());
  const std::optional<std::string> text =
      file.open() ? read_all(file.number()) : std::optional<std::string>{};
  if (!text)
    throw CommandError(fmt::format("cannot read the policy {}: {}", printable(policy.source()),
                                   std::strerror(errno)));
  return *text;
}

std::string next_command(const Lesson& lesson, const Options& options, bool policy_is_fixed) {
  std::vector<std::string> words = {"sealwax", "run"};
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
    const Target target = find_target(options_);
    const EffectivePolicy policy = launch_policy(target.loaded, options_);
    check_can_learn(target, policy);
    lesson_.policy = policy.source();
    const std::string base = policy_text_of(policy);
    rehearse(target);
    const std::vector<Exception> exceptions = exceptions_from(lesson_.refused_calls.all());
    lesson_.has_exceptions = !exceptions.empty();
    lesson_.policy_text = policy_with(base, exceptions);
    write();
    const bool fixed = policy.rules().process().environment == Environment::deny &&
                       policy.source() == kSystemPolicy;
    lesson_.next = next_command(lesson_, options_, fixed);
    if (!lesson_.errors.empty())
      return kCouldNotTell;
    return lesson_.refused_calls.all().empty() ? kAsItShouldBe : kFindings;
  }

private:
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
    lesson_.refused_calls = rehearsal.refused_calls();
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
  line.app().add_option("-o,--output", options.output);
  add_launch(line, options);
  line.add_json(options.json, [&](const std::string& message, ExitCode code) {
    lesson.errors.push_back(message);
    answer(lesson_json(lesson, code));
  });
  line.add_color(options.color);
  return line.run(arguments, [&] { return answer_lesson(options, lesson); });
}
