#include "cli/command.hpp"

#include "cli/output.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <vector>

namespace sealwax::cli {

void report_usage(std::string_view command, std::string_view problem) {
  complain("{}; 'sealwax {} --help' tells how to use it", problem, command);
}

Parsed parse(CLI::App& app, Arguments arguments, std::string_view help, int usage_code) {
  app.set_help_flag("-h,--help");
  std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    answer(help);
    return {kAsItShouldBe, {}};
  } catch (const CLI::ParseError& error) {
    report_usage(app.get_name(), error.what());
    return {usage_code, error.what()};
  }
  return {};
}

} // namespace sealwax::cli
