// SPDX-License-Identifier: Apache-2.0
// sealwax policy: whether a policy is sound, what holds, and why.
#include "cli/commands/commands.hpp"
#include "cli/commands/policy/policy_command.hpp"
#include "cli/output/json.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/named.hpp"

#include <CLI/CLI.hpp>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax policy check [OPTION...] [FILE...]
       sealwax policy show [OPTION...]
       sealwax policy explain [OPTION...] PROGRAM [OBJECT]
       sealwax policy mode [OPTION...] observe|enforce
       sealwax policy enable [OPTION...] [NAME...]
       sealwax policy disable [OPTION...] NAME...
       sealwax policy apply [OPTION...]

check    Say what is wrong with policies, each with its line and column: mistakes,
         because of which nothing of a policy holds, and what in one is unused,
         since later lines replace it. FILE - is stdin; without FILE: what holds
         for the system.
show     Print the policy that holds, built-in values included.
explain  Say for each key which section decides it in PROGRAM, or for OBJECT in
         PROGRAM: a path, or the name of a library that it needs. PROGRAM is a
         path, or a name in PATH or of what runs.
mode     Have the system's policy observe or enforce, for all programs or those of
         --program, and show the difference.
enable   Take the exceptions NAME that come with Sealwax into the system's policy;
         without NAME list them.
disable  Take them out again.
apply    Put what /etc/sealwax/policy.d/*.conf say, in the byte order of their
         names, into /etc/sealwax/policy.conf, behind what stands there. Where
         one has a mistake nothing is changed.

Options:
      --policy FILE   show, explain: this policy, in place of the system's; or the
                      NAME of one that comes with Sealwax
      --program GLOB  mode: for the programs that this glob names
      --dry-run       mode, enable, disable, apply: show the change, and make none
      --root DIR      for the system in DIR: /etc/sealwax/policy.conf, programs and
                      libraries lie there
      --no-files      check: do not look for files that the globs match, as for a
                      policy with the line "# For any system."
      --json          one JSON document
      --color WHEN    check, show, explain: auto (a terminal, and NO_COLOR is not
                      set), always or never
  -h, --help          this text

The system's policy is /etc/sealwax/policy.conf; SEALWAX_POLICY is not heeded.

Exit status:
  0   the policies are sound; the answer is given
  1   check: no mistake, but something is unused
  2   a policy has a mistake, or it could not be told or changed
  64  wrong usage
)";

struct Subcommand {
  std::string_view name;
  int (*execute)(const PolicyOptions& options);
  std::size_t least_names;
  std::size_t most_names;
  std::string_view missing; ///< what is wrong where there are fewer
};

constexpr Subcommand kSubcommands[] = {
    {"check", policy_check, 0, static_cast<std::size_t>(-1), ""},
    {"show", policy_show, 0, 0, ""},
    {"explain", policy_explain, 1, 2, "no PROGRAM given"},
};

void report_as_json(std::string_view subcommand, const std::string& message) {
  Json error = {{"file", nullptr}, {"message", message}};
  answer(text_of({{"schema", fmt::format("sealwax-policy-{} 1", subcommand)},
                  {"errors", Json::array({std::move(error)})},
                  {"ok", false}}) +
         '\n');
}

std::string usage_problem(const Subcommand& subcommand, const PolicyOptions& options) {
  if (options.names.size() < subcommand.least_names)
    return std::string{subcommand.missing};
  if (options.names.size() > subcommand.most_names)
    return fmt::format("'{}' is one argument too many",
                       printable(options.names[subcommand.most_names]));
  return {};
}

int parse_and_run(const Subcommand& subcommand, Arguments arguments) {
  PolicyOptions options;
  CommandLine line{fmt::format("policy {}", subcommand.name), kHelp};
  bool no_files = false;
  if (subcommand.execute == policy_check)
    line.app().add_flag("--no-files", no_files);
  else
    line.app().add_option("--policy", options.policy);
  line.app().add_option("--root", options.root);
  line.app().add_option("NAME", options.names);
  line.add_json(options.json, [&](const std::string& message, ExitCode) {
    report_as_json(subcommand.name, message);
  });
  line.add_color(options.color);
  line.add_check([&] { return usage_problem(subcommand, options); });
  return line.run(arguments, [&] {
    options.files = !no_files;
    return subcommand.execute(options);
  });
}

} // namespace

HeldPolicy held_policy(const PolicyOptions& options, const SystemRoot& root,
                       bool privileged_program) {
  const bool own = !options.policy.empty();
  const std::string path =
      own ? policy_named(SystemRoot{}, options.policy) : std::string{kSystemPolicy};
  const PolicyReading file = own ? read_policy_file(path, false, open_here)
                                 : read_policy_file(path, privileged_program, open_in(root));
  if (!file.others.empty())
    complain("warning: {}", printable(file.others));
  HeldPolicy held;
  if (file.missing && !own)
    return held;
  const EffectivePolicy policy = file.problem.empty()
                                     ? EffectivePolicy::from_text(path, file.text, {})
                                     : EffectivePolicy::faulty(file.problem, file.stand_in);
  held.problem = policy.problem();
  if (held.problem.empty()) {
    held.source = path;
    held.sections = outline(file.text);
  } else {
    held.built_in = policy.rules().process().mode;
  }
  return held;
}

std::string HeldPolicy::problem_and_stand_in() const {
  return fmt::format("{}; {}", printable(problem), describe_in_place(built_in));
}

std::string place_text(std::string_view file, std::uint32_t line) {
  return fmt::format("{}:{}", printable(file), line);
}

int policy_command(Arguments arguments) {
  if (arguments.empty()) {
    report_usage("policy", "no subcommand given");
    return kWrongUsage;
  }
  const std::string& name = arguments.front();
  if (name == "-h" || name == "--help") {
    answer(kHelp);
    return kAsItShouldBe;
  }
  for (const Subcommand& subcommand : kSubcommands)
    if (name == subcommand.name)
      return parse_and_run(subcommand, arguments.subspan(1));
  if (const std::optional<int> code = policy_change(name, kHelp, arguments.subspan(1)))
    return *code;
  constexpr std::string_view kNames[] = {"check",  "show",    "explain", "mode",
                                         "enable", "disable", "apply"};
  report_usage("policy", fmt::format("there is no subcommand '{}'{}", printable(name),
                                     suggestion(name, kNames)));
  return kWrongUsage;
}

} // namespace sealwax::cli
