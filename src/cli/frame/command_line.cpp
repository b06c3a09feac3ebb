// SPDX-License-Identifier: Apache-2.0
#include "cli/frame/command_line.hpp"

#include "cli/frame/option_values.hpp"
#include "cli/output/nearest_word.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sealwax::cli {
namespace {

/// As of a variable of the shell's that was never set: nobody means the file or the system without
/// a name.
bool has_empty_value(const CLI::Option& option) {
  const std::vector<std::string>& values = option.results();
  return option.get_expected_min() > 0 &&
         std::find(values.begin(), values.end(), "") != values.end();
}

/// Of an argument for which the command has no place.
std::string describe_unexpected(const CLI::App& app, const std::string& argument) {
  if (!argument.starts_with('-'))
    return fmt::format("'{}' is one argument too many", printable(argument));
  const std::string name = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& word : option->get_lnames())
      names.push_back("--" + word);
  return fmt::format("there is no option '{}'{}", printable(name), suggestion(name, names));
}

} // namespace

void report_usage(std::string_view command, std::string_view problem) {
  complain("{}{}'sealwax {} --help' tells how to use it", problem,
           problem.ends_with('?') ? " " : "; ", command);
}

CommandLine::CommandLine(std::string_view name, std::string_view help, FailureCodes codes)
    : name_(name), help_(help), codes_(codes), app_(std::make_unique<CLI::App>("", name_)) {
  app_->set_help_flag("-h,--help");
}

CommandLine::~CommandLine() = default;

void CommandLine::add_color(ColorChoice& choice) {
  add_choice<ColorChoice, ColorChoice>(*app_, "--color", choice,
                                       {{"auto", ColorChoice::automatic},
                                        {"always", ColorChoice::always},
                                        {"never", ColorChoice::never}});
}

void CommandLine::add_json(bool& json, AnswerFailure answer_failure, std::string_view other_way) {
  app_->add_flag("--json", json);
  answer_failure_ = std::move(answer_failure);
  other_way_to_json_ = other_way;
}

int CommandLine::run(Arguments arguments, const std::function<int()>& work) {
  try {
    std::string problem = read(arguments);
    if (problem.empty() && check_)
      problem = check_();
    if (!problem.empty()) {
      report_usage(name_, problem);
      return fail(problem, codes_.wrong_usage);
    }
    return work();
  } catch (const CLI::CallForHelp&) {
    answer(help_);
    return kAsItShouldBe;
  } catch (const CommandError& error) {
    complain_text(error.what());
    return fail(error.what(), own_code(error.code()));
  } catch (const std::exception& error) {
    complain_text(error.what());
    return fail(error.what(), codes_.failed);
  }
}

/// What is wrong with the arguments. Empty: nothing. Throws CLI::CallForHelp.
std::string CommandLine::read(Arguments arguments) {
  const auto separator = static_cast<std::size_t>(
      std::find(arguments.begin(), arguments.end(), "--") - arguments.begin());
  own_ = arguments.first(separator);
  const Arguments parsed = program_ != nullptr ? own_ : arguments;
  app_->prefix_command(program_ != nullptr);
  try {
    app_->parse(std::vector<std::string>{parsed.rbegin(), parsed.rend()});
  } catch (const CLI::CallForHelp&) {
    throw;
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view text{error.what()};
    return fmt::format("{} takes a value", text.substr(0, text.find(':')));
  } catch (const CLI::ExtrasError&) {
    return describe_unexpected(*app_, app_->remaining().front());
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  for (const CLI::Option* option : app_->get_options())
    if (!option->get_positional() && has_empty_value(*option))
      return fmt::format("{} takes a value, not ''", option->get_name());
  return program_ != nullptr ? read_program(arguments, separator) : std::string{};
}

std::string CommandLine::read_program(Arguments arguments, std::size_t separator) {
  *program_ = app_->remaining();
  const Arguments own = own_.first(own_.size() - program_->size());
  const bool separated = program_->empty() && separator != arguments.size();
  const Arguments rest = arguments.subspan(separator + (separated ? 1 : 0));
  program_->insert(program_->end(), rest.begin(), rest.end());
  const bool spared = spares_program_ && spares_program_();
  if (program_->empty() != spared)
    return spared ? fmt::format("'{}' is too much: no PROGRAM is to be run",
                                printable(program_->front()))
                  : "no program given";
  if (!separated && !spared && program_->front().starts_with('-'))
    return describe_unexpected(*app_, program_->front());
  own_ = own;
  return {};
}

/// Told by the words, as the arguments need not have been understood.
bool CommandLine::asks_for_json() const {
  std::string last;
  for (const std::string& argument : own_) {
    if (argument == "--json")
      return true;
    if (!other_way_to_json_.empty() && (argument == other_way_to_json_ ||
                                        fmt::format("{}={}", last, argument) == other_way_to_json_))
      return true;
    last = argument;
  }
  return false;
}

ExitCode CommandLine::own_code(ExitCode code) const {
  switch (code) {
  case kNotExecutable:
  case kNotFound:
    return codes_.tells_of_program ? code : codes_.failed;
  case kCouldNotTell:
    return codes_.failed;
  default:
    return code;
  }
}

int CommandLine::fail(const std::string& message, ExitCode code) const {
  if (answer_failure_ && asks_for_json())
    answer_failure_(message, code);
  return code;
}

} // namespace sealwax::cli
