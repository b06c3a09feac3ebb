#include "cli/frame/command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <vector>

namespace sealwax::cli {

void report_usage(std::string_view command, std::string_view problem) {
  complain("{}; 'sealwax {} --help' tells how to use it", problem, command);
}

bool asks_for_json(Arguments arguments) {
  const auto own_end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), own_end, "--json") != own_end;
}

void add_color_option(CLI::App& app, ColorChoice& choice) {
  app.add_option("--color", choice)
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, ColorChoice>{{"auto", ColorChoice::automatic},
                                             {"always", ColorChoice::always},
                                             {"never", ColorChoice::never}}));
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
