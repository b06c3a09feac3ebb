// SPDX-License-Identifier: Apache-2.0
// sealwax policy apply, enable, disable and mode: what changes the system's policy.
#include "cli/change/change_report.hpp"
#include "cli/change/text_diff.hpp"
#include "cli/commands/policy/policy_command.hpp"
#include "cli/commands/policy/policy_edit.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/outline/policy_decision.hpp"
#include "cli/sealing/policy_parts.hpp"
#include "cli/system/replace_file.hpp"
#include "deploy/places.hpp"

#include <CLI/CLI.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExceptions = SEALWAX_POLICY_FOLDER "/exceptions.d";

struct Change : ChangeOptions {
  std::vector<std::string> names;
  std::string program;
};

/// One system's policy on its way from what it says to what it is to say.
class PolicyChange {
public:
  PolicyChange(const Change& options, ChangeReport& report)
      : options_(options), report_(report), root_(options.root) {}

  int apply() {
    const SystemPolicy policy = read_system_policy(root_);
    refuse_mistakes(policy);
    return replace(policy, policy.wanted());
  }

  int enable() {
    if (options_.names.empty())
      return list_exceptions();
    for (const std::string& name : options_.names)
      take_in(name);
    return after_parts();
  }

  int disable() {
    for (const std::string& name : options_.names)
      take_out(name);
    return after_parts();
  }

  int set_mode() {
    const Mode mode = options_.names.front() == "enforce" ? Mode::enforce : Mode::audit;
    SystemPolicy policy = read_system_policy(root_);
    refuse_mistakes(policy);
    DividedPolicy own = divide(policy.text);
    own.front = with_mode(own.front, mode, options_.program);
    const std::string text = with_parts(own, policy.parts);
    check_effect(text, mode);
    if (options_.program.empty())
      for (const std::string& other : other_modes(text, mode))
        report_.unchanged(fmt::format("note: {}", printable(other)));
    return replace(policy, text);
  }

private:
  [[nodiscard]] std::string shown() const { return root_.shown(kSystemPolicy); }

  /// What holds now holds on.
  void refuse_mistakes(const SystemPolicy& policy) const {
    if (policy.problems.empty())
      return;
    for (std::size_t i = 1; i < policy.problems.size(); ++i)
      complain_text(printable(policy.problems[i]));
    throw CommandError(
        fmt::format("{}; {} stays as it was", printable(policy.problems.front()), shown()));
  }

  /// Sections further down may say otherwise.
  void check_effect(const std::string& text, Mode mode) const {
    const std::vector<PolicySection> sections = outline(text);
    for (const Decision& decision : decide(sections, {options_.program, {}, {}}, Mode::enforce))
      if (decision.key == Key::mode && decision.value != mode_text(mode))
        throw CommandError(fmt::format(
            "line {} of what {} would be sets the mode again; change it there",
            decision.causes.empty() ? 0 : decision.causes.back().entry->place.line, shown()));
  }

  void check_place(const std::string& path) const {
    const fs::path folder = fs::path{root_.shown(path)}.parent_path();
    std::error_code error;
    if (!root_.is_own() && fs::weakly_canonical(folder, error) != folder)
      throw CommandError(
          fmt::format("{} leads elsewhere by a symbolic link; change the policy from "
                      "inside that system",
                      printable(folder.string())));
    if (fs::is_symlink(root_.shown(path), error))
      throw CommandError(fmt::format("{} is a symbolic link, which the change would replace by a "
                                     "file; do that first",
                                     printable(root_.shown(path))));
    fs::create_directories(folder, error);
  }

  void write(const std::string& path, const std::string& text) const {
    check_place(path);
    if (const int error = replace_file(root_.shown(path), text, NewMode::kept); error != 0)
      throw CommandError(
          fmt::format("cannot write {}: {}", printable(root_.shown(path)), std::strerror(error)));
  }

  int replace(const SystemPolicy& policy, const std::string& text) {
    report_.tell("file", shown(), "");
    if (text == policy.text) {
      report_.unchanged(
          policy.exists ? fmt::format("nothing to do: {} says so already", printable(shown()))
                        : fmt::format("nothing to do: there is neither a part in {} nor {}",
                                      printable(root_.shown(kPartsFolder)), printable(shown())));
      return kAsItShouldBe;
    }
    const std::string diff = unified_diff(shown(), policy.text, text);
    report_.diff(diff);
    if (options_.dry_run) {
      report_.unchanged("not changed (--dry-run)");
      return kAsItShouldBe;
    }
    if (!options_.json)
      answer(diff);
    write(kSystemPolicy, text);
    report_.changed(
        fmt::format("written: {}; it holds for what starts from now on", printable(shown())));
    return kAsItShouldBe;
  }

  /// Behind a change of the parts, which a dry run has not made.
  int after_parts() {
    if (!options_.dry_run)
      return apply();
    report_.unchanged("not changed (--dry-run)");
    return kAsItShouldBe;
  }

  int list_exceptions() const {
    for (const std::string& name : root_.names(kExceptions))
      if (name.ends_with(".conf"))
        answer(fmt::format("{}\n", printable(name.substr(0, name.size() - 5))));
    return kAsItShouldBe;
  }

  static void check_name(const std::string& name) {
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos)
      throw CommandError(kWrongUsage,
                         fmt::format("'{}' is no name of an exception; 'sealwax policy "
                                     "enable' lists them",
                                     printable(name)));
  }

  void take_in(const std::string& name) {
    check_name(name);
    const std::optional<std::string> text =
        root_.text(fmt::format("{}/{}.conf", kExceptions, name));
    if (!text)
      throw CommandError(fmt::format("there is no exception '{}' in {}; 'sealwax policy enable' "
                                     "lists them",
                                     printable(name), kExceptions));
    const std::string part = fmt::format("{}/{}.conf", kPartsFolder, name);
    if (root_.text(part) == text)
      return report_.unchanged(fmt::format("{} is there already", printable(root_.shown(part))));
    if (root_.open(part))
      throw CommandError(fmt::format("{} is there and says something else; remove it, or change it "
                                     "by hand",
                                     printable(root_.shown(part))));
    if (!options_.dry_run)
      write(part, *text);
    report_.unchanged(fmt::format("{}: {}", options_.dry_run ? "would be taken in" : "taken in",
                                  printable(root_.shown(part))));
  }

  void take_out(const std::string& name) {
    check_name(name);
    const std::string part = root_.shown(fmt::format("{}/{}.conf", kPartsFolder, name));
    check_place(fmt::format("{}/{}.conf", kPartsFolder, name));
    if (access(part.c_str(), F_OK) != 0 && errno == ENOENT)
      throw CommandError(fmt::format("there is no {}; 'ls {}' lists the parts that there are",
                                     printable(part), printable(root_.shown(kPartsFolder))));
    if (options_.dry_run ? access(part.c_str(), F_OK) != 0 : unlink(part.c_str()) != 0)
      throw CommandError(
          fmt::format("cannot remove {}: {}", printable(part), std::strerror(errno)));
    report_.unchanged(
        fmt::format("{}: {}", options_.dry_run ? "would be removed" : "removed", printable(part)));
  }

  const Change& options_;
  ChangeReport& report_;
  SystemRoot root_;
};

struct Changing {
  std::string_view subcommand;
  int (PolicyChange::*execute)();
};
constexpr Changing kChanging[] = {{"apply", &PolicyChange::apply},
                                  {"enable", &PolicyChange::enable},
                                  {"disable", &PolicyChange::disable},
                                  {"mode", &PolicyChange::set_mode}};

std::string usage_problem(std::string_view subcommand, const Change& options) {
  if (subcommand == "apply" && !options.names.empty())
    return fmt::format("'{}' is one argument too many", printable(options.names.front()));
  if (subcommand == "disable" && options.names.empty())
    return "no NAME given";
  if (subcommand == "mode" && (options.names.size() != 1 ||
                               (options.names[0] != "observe" && options.names[0] != "enforce")))
    return "mode takes observe or enforce";
  return {};
}

int parse_and_run(const Changing& changing, std::string_view help, Arguments arguments) {
  const std::string_view subcommand = changing.subcommand;
  Change options;
  ChangeReport report{fmt::format("policy-{}", subcommand), options};
  CommandLine line{fmt::format("policy {}", subcommand), help};
  line.app().add_flag("--dry-run", options.dry_run);
  line.app().add_option("--root", options.root);
  if (subcommand == "mode")
    line.app().add_option("--program", options.program);
  line.app().add_option("NAME", options.names);
  line.add_json(options.json,
                [&](const std::string& message, ExitCode code) { report.fail(message, code); });
  line.add_check([&] { return usage_problem(subcommand, options); });
  return line.run(arguments, [&] {
    PolicyChange change{options, report};
    return report.finish((change.*changing.execute)());
  });
}

} // namespace

std::optional<int> policy_change(std::string_view subcommand, std::string_view help,
                                 Arguments arguments) {
  for (const Changing& changing : kChanging)
    if (subcommand == changing.subcommand)
      return parse_and_run(changing, help, arguments);
  return std::nullopt;
}

} // namespace sealwax::cli
