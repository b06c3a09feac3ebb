// SPDX-License-Identifier: Apache-2.0
// sealwax: the administrator's tool.
#include "cli/commands/commands.hpp"
#include "cli/elf/library_version.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/preload.hpp"
#include "cli/system/descriptor.hpp"
#include "model/version.hpp"

#include <array>
#include <exception>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace sealwax::cli {
namespace {

struct Command {
  std::string_view name;
  std::string_view summary; ///< one line of `sealwax --help`
  int (*execute)(Arguments arguments);
};

constexpr std::array kCommands = {
    Command{"run", "start a program with its code and constants sealed", run_command},
    Command{"seal", "seal processes that run already", seal_command},
    Command{"learn", "run a program and write the exceptions that it needs", learn_command},
    Command{"status", "say which memory of running processes is sealed", status_command},
    Command{"report", "sum up what programs reported, of this host or of many", report_command},
    Command{"plan", "say what would be sealed of programs, from their files", plan_command},
    Command{"policy", "check a policy, show it, and say why it decides as it does", policy_command},
    Command{"doctor", "say whether this system can seal, and what it leaves open", doctor_command},
    Command{"selftest", "attack small programs here, and say what is open", selftest_command},
    Command{"bench", "measure what sealing costs a program", bench_command},
    Command{"systemd", "seal one service, by a drop-in, or look at it", systemd_command},
    Command{"install", "seal every program of a system, by /etc/ld.so.preload", install_command},
    Command{"uninstall", "take back what install did", uninstall_command},
};

int help() {
  std::string text = "Usage: sealwax COMMAND [ARGUMENT...]\n"
                     "\n"
                     "Freeze the code and constants of unmodified programs with mseal(2).\n"
                     "\n"
                     "Commands:\n";
  for (const Command& command : kCommands)
    text += fmt::format("  {:<9} {}\n", command.name, command.summary);
  text += "\n"
          "Options:\n"
          "  -h, --help  this text; after a command, that command's\n"
          "  --version   the versions of this tool and of its library\n";
  answer(text);
  return kAsItShouldBe;
}

/// And which file it is.
std::string version_of_library() {
  try {
    const std::string path = search_library();
    const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    return fmt::format("{}, {}", printable(read_library_version(file.number()).value_or("unknown")),
                       printable(path));
  } catch (const CommandError&) {
    return "is not installed";
  }
}

int dispatch(Arguments arguments) {
  if (arguments.empty()) {
    complain("no command given; 'sealwax --help' lists the commands");
    return kWrongUsage;
  }
  const std::string& name = arguments.front();
  if (name == "-h" || name == "--help")
    return help();
  if (name == "--version") {
    answer(fmt::format("sealwax {}\nlibsealwax.so {}\n", SEALWAX_VERSION, version_of_library()));
    return kAsItShouldBe;
  }
  for (const Command& command : kCommands)
    if (name == command.name)
      return command.execute(arguments.subspan(1));
  std::vector<std::string_view> names;
  names.reserve(kCommands.size());
  for (const Command& command : kCommands)
    names.push_back(command.name);
  complain("there is no command '{}'; {}'sealwax --help' lists the commands", printable(name),
           did_you_mean(name, std::span<const std::string_view>{names}));
  return kWrongUsage;
}

/// Where stdin, stdout or stderr is closed, the next file opened would take its number and be
/// written to. What fills it can be read only, so that an answer to nowhere still fails, and ends
/// with an exec, so that a program started finds what was there before.
void fill_standard_descriptors() {
  while (true) {
    const int number = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (number > STDERR_FILENO)
      close(number);
    if (number < 0 || number > STDERR_FILENO)
      return;
  }
}

} // namespace
} // namespace sealwax::cli

int main(int argc, char** argv) {
  using namespace sealwax::cli;
  fill_standard_descriptors();
  try {
    const std::vector<std::string> arguments{argv + (argc > 0 ? 1 : 0), argv + argc};
    const int code = dispatch(arguments);
    return finish_answer() ? code : kCouldNotTell;
  } catch (const std::exception& error) {
    complain("{}", error.what());
    return kCouldNotTell;
  }
}
