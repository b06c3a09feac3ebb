// SPDX-License-Identifier: Apache-2.0
// One command from its arguments to its exit code: options, wrong usage, errors, JSON.
#pragma once

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace sealwax::cli {

using Arguments = std::span<const std::string>;

/// One message about wrong usage of `command`, pointing at its help.
void report_usage(std::string_view command, std::string_view problem);

/// With which codes a command ends that cannot do what it was asked.
struct FailureCodes {
  ExitCode failed = kCouldNotTell;
  ExitCode wrong_usage = kWrongUsage;
  /// kNotExecutable and kNotFound are among its codes; else they are `failed`.
  bool tells_of_program = false;
};

class CommandLine {
public:
  /// Ends a command's answer with a document that says what went wrong.
  using AnswerFailure = std::function<void(const std::string& message, ExitCode code)>;

  /// `name`: what people type behind "sealwax". `help` answers --help.
  CommandLine(std::string_view name, std::string_view help, FailureCodes codes = {});
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// To which a command adds the options that it has alone.
  [[nodiscard]] CLI::App& app() { return *app_; }
  /// --color WHEN, as every command that answers has it.
  void add_color(ColorChoice& choice);
  /// --json, or `other_way`, an OPTION=VALUE that means the same. Who asks for a document gets one
  /// where something fails as well, be it that the arguments could not be read: `answer_failure`
  /// is called then.
  void add_json(bool& json, AnswerFailure answer_failure, std::string_view other_way = {});
  /// PROGRAM [ARGUMENT...]: what is behind `--`, or behind the command's own options.
  void add_program(std::vector<std::string>& program) { program_ = &program; }
  /// Once the options are read, whether the command does without PROGRAM; else it is needed.
  void spare_program(std::function<bool()> is_spared) { spares_program_ = std::move(is_spared); }
  /// Says what is wrong with the options taken together; empty: nothing.
  void add_check(std::function<std::string()> problem) { check_ = std::move(problem); }

  /// Reads `arguments` into what is bound, does `work` and returns the exit code: what `work`
  /// returned, or that of what went wrong, after a message.
  [[nodiscard]] int run(Arguments arguments, const std::function<int()>& work);

private:
  [[nodiscard]] std::string read(Arguments arguments);
  [[nodiscard]] std::string read_program(Arguments arguments, std::size_t separator);
  [[nodiscard]] bool asks_for_json() const;
  [[nodiscard]] ExitCode own_code(ExitCode code) const;
  [[nodiscard]] int fail(const std::string& message, ExitCode code) const;

  std::string name_;
  std::string_view help_;
  FailureCodes codes_;
  std::unique_ptr<CLI::App> app_;
  std::string other_way_to_json_;
  AnswerFailure answer_failure_;
  std::vector<std::string>* program_ = nullptr;
  std::function<bool()> spares_program_;
  std::function<std::string()> check_;
  Arguments own_; ///< those in front of the program's
};

} // namespace sealwax::cli
