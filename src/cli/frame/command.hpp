// What the commands share: exit codes, and how their arguments are read.
#pragma once

#include "cli/output/output.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace sealwax::cli {

/// The exit codes of the commands that answer. `run` has its own, those of env(1) and timeout(1).
enum ExitCode : int {
  kAsItShouldBe = 0,
  kFindings = 1,
  kCouldNotTell = 2,
  kWrongUsage = 64, ///< EX_USAGE of sysexits.h

  kRunFailed = 125,
  kNotExecutable = 126,
  kNotFound = 127,
};

using Arguments = std::span<const std::string>;

struct Command {
  std::string_view name;
  std::string_view summary; ///< one line of `sealwax --help`
  int (*execute)(Arguments arguments);
};

int status_command(Arguments arguments);
int doctor_command(Arguments arguments);
int plan_command(Arguments arguments);
int policy_command(Arguments arguments);
int bench_command(Arguments arguments);
int run_command(Arguments arguments);
int install_command(Arguments arguments);
int uninstall_command(Arguments arguments);
int systemd_command(Arguments arguments);
int learn_command(Arguments arguments);

/// What reading the arguments led to: go on, or end with this code.
struct Parsed {
  std::optional<int> exit_code;
  std::string error; ///< empty after --help
};

/// Reads `arguments` into what `app` binds. Prints `help` for --help and, as a message, whatever is
/// wrong; then `exit_code` is set, to `usage_code` in the second case.
Parsed parse(CLI::App& app, Arguments arguments, std::string_view help, int usage_code);

/// Whether --json is among a command's own arguments. For when they could not be parsed: who asks
/// for a document gets one all the same.
[[nodiscard]] bool asks_for_json(Arguments arguments);

/// --color WHEN, as every command that answers has it.
void add_color_option(CLI::App& app, ColorChoice& choice);

/// One message about wrong usage of `command`, pointing at its help.
void report_usage(std::string_view command, std::string_view problem);

} // namespace sealwax::cli
