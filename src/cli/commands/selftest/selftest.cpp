// SPDX-License-Identifier: Apache-2.0
// sealwax selftest: what an attacker can change here, with the library and without.
#include "cli/commands/commands.hpp"
#include "cli/commands/selftest/selftest_report.hpp"
#include "cli/commands/selftest/selftest_runs.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/launch.hpp"
#include "cli/system/kernel_probe.hpp"

#include <CLI/CLI.hpp>
#include <sys/utsname.h>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax selftest [OPTION...]

Attack small programs on this host, and say by the effect what of it is refused,
what is harmless and what is open: each call that could change what a process
runs, on each region of a program, of its libraries and of the kernel's, by
libc's function and by a system call of its own, and whole exploits. Without the
library, with it under the policy that holds, and with it where relro is in place
and where text is private. What is open is explained, and held against what
README.md and SECURITY.md promise.

Options:
      --policy FILE   try this policy, or the NAME of one that comes with Sealwax;
                      else the one that holds
      --library FILE  preload this library; else libsealwax.so beside sealwax,
                      then in the library directory
      --json          one JSON document, with each attempt
      --color WHEN    auto (a terminal, and NO_COLOR is not set), always or never
  -h, --help          this text

"open, raw" means by a system call alone. A dash: there is nothing to try it on.
The programs are children of sealwax, attack themselves alone, and leave nothing
behind; they are given policies by SEALWAX_POLICY, and report nothing.

Exit status:
  0   nothing is open that is called closed
  1   something is
  2   could not tell: no mseal(2), no library, or nothing to attack
  64  wrong usage
)";

struct Options {
  Launch launch;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;
};

/// A refused attempt is what is expected: nothing is told of it, and nothing ends by it.
constexpr std::string_view kQuiet = "\n[program *]\nreport-to = none\non-refused = ignore\n";

/// Throws CommandError where what is found would say nothing of the library.
void check_host(const Victims& victims, const Library& library) {
  if (const std::vector<Obstacle> found =
          launch_obstacles(victims.program, victims.program, library);
      !found.empty())
    throw CommandError(
        fmt::format("cannot tell: {} ({})", found.front().cause, found.front().remedy));
  const EffectivePolicy system = system_policy(victims.program, false, open_here);
  if (system.rules().process().environment == Environment::deny)
    throw CommandError(
        fmt::format("cannot tell: {} says 'environment = deny', so that no other policy "
                    "can be tried beside it; try it on a host without that, by --policy",
                    kSystemPolicy));
}

/// The text of the policy that holds.
std::string text_of_policy(const EffectivePolicy& policy) {
  if (policy.source().empty())
    return std::string{kPolicyFirstLine};
  const PolicyReading reading = read_policy_file(policy.source(), false, open_here);
  if (!reading.problem.empty())
    throw CommandError(printable(reading.problem));
  return reading.text;
}

Setup setup_under(std::string name, std::string text, const Victims& victims) {
  text += kQuiet;
  const EffectivePolicy policy = EffectivePolicy::from_text("", text, victims.program);
  if (!policy.problem().empty())
    throw CommandError(printable(policy.problem()));
  const ProgramPolicy& rules = policy.rules();
  const auto of = [&](const std::string& file) {
    Settings settings = rules.object(file, file);
    settings.report_file = {}; // points into the policy
    return settings;
  };
  Setup setup{std::move(name), text, {}};
  setup.settings[""] = rules.process();
  setup.settings[""].report_file = {};
  setup.settings["program"] = of(victims.program);
  setup.settings["library"] = of(victims.library);
  setup.settings["late library"] = of(victims.late);
  return setup;
}

std::vector<Setup> every_setup(const EffectivePolicy& policy, const Victims& victims) {
  const auto with = [&](const std::string& line) {
    return setup_under("with " + line, fmt::format("{}[defaults]\n{}\n", kPolicyFirstLine, line),
                       victims);
  };
  return {Setup{"without the library", std::nullopt, {}},
          setup_under("with the library", text_of_policy(policy), victims),
          with("relro = in-place"), with("text = private")};
}

std::string kernel_release() {
  utsname names{};
  return uname(&names) == 0 ? names.release : "";
}

SelftestResult selftest(const Options& options) {
  const Library library = find_library(options.launch.library);
  const Victims victims = find_victims();
  check_host(victims, library);
  const EffectivePolicy policy = launch_policy(victims.program, options.launch);
  SelftestResult result{kernel_release(), library.path, policy.source(),
                        run_trials(victims, library, every_setup(policy, victims))};
  if (!shows_anything(result.trials.front().attempts))
    throw CommandError("cannot tell: what is tried is refused without the library as well; try "
                       "where nothing else refuses it");
  return result;
}

} // namespace

int selftest_command(Arguments arguments) {
  Options options;
  CommandLine line{"selftest", kHelp};
  line.app().add_option("--policy", options.launch.policy);
  line.app().add_option("--library", options.launch.library);
  line.add_json(options.json,
                [](const std::string& message, ExitCode) { answer(selftest_error_json(message)); });
  line.add_color(options.color);
  return line.run(arguments, [&]() -> int {
    const SelftestResult result = selftest(options);
    answer(options.json ? selftest_json(result)
                        : selftest_text(result, wants_color(options.color)));
    return verdict_on(result.trials).broken.empty() ? kAsItShouldBe : kFindings;
  });
}

} // namespace sealwax::cli
