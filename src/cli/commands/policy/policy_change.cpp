// SPDX-License-Identifier: Apache-2.0
// sealwax policy apply, enable, disable and mode: what changes the system's policy.
#include "cli/change/change_report.hpp"
#include "cli/change/text_diff.hpp"
#include "cli/commands/policy/policy_command.hpp"
#include "cli/commands/policy/policy_edit.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/json.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/outline/policy_decision.hpp"
#include "cli/sealing/outline/policy_mistakes.hpp"
#include "cli/sealing/policy_parts.hpp"
#include "cli/system/replace_file.hpp"
#include "deploy/folder_lock.hpp"
#include "deploy/places.hpp"
#include "deploy/preload_file.hpp"

#include <CLI/CLI.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <thread>
#include <unistd.h>

namespace sealwax::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExceptions = SEALWAX_POLICY_FOLDER "/exceptions.d";
constexpr const char* kPolicyFolder = "/etc/sealwax";
constexpr std::string_view kSuffix = ".conf";

struct Change : ChangeOptions {
  std::vector<std::string> names;
  std::optional<std::string> program;
};

/// What there is of a part before a change and after it; nullopt: no such file.
struct PartChange {
  std::string path;
  std::optional<std::string> text;
};

std::vector<std::string> policy_names_in(const SystemRoot& root, const char* folder) {
  std::vector<std::string> names;
  for (const std::string& name : root.names(folder))
    if (name.ends_with(kSuffix))
      names.push_back(name.substr(0, name.size() - kSuffix.size()));
  return names;
}

int list_exceptions(const Change& options) {
  const std::vector<std::string> names = policy_names_in(SystemRoot{options.root}, kExceptions);
  if (options.json)
    answer(text_of({{"schema", "sealwax-policy-enable 1"},
                    {"ok", true},
                    {"dry_run", options.dry_run},
                    {"changed", false},
                    {"exceptions", names},
                    {"findings", Json::array()},
                    {"diff", ""},
                    {"errors", Json::array()}}) +
           '\n');
  else
    for (const std::string& name : names)
      answer(printable(name) + '\n');
  return kAsItShouldBe;
}

/// One system's policy on its way from what it says to what it is to say.
class PolicyChange {
public:
  PolicyChange(const Change& options, ChangeReport& report)
      : options_(options), report_(report), root_(options.root) {}

  int apply() {
    const Turn turn = take_turn();
    const SystemPolicy policy = read_sound_policy();
    return replace(policy, policy.wanted(), {});
  }

  int enable() { return change_parts(&PolicyChange::taken_in); }

  int disable() { return change_parts(&PolicyChange::taken_out); }

  int set_mode() {
    const Turn turn = take_turn();
    const Mode mode = options_.names.front() == "enforce" ? Mode::enforce : Mode::audit;
    const std::string program = options_.program.value_or("");
    const SystemPolicy policy = read_sound_policy();
    DividedPolicy own = divide(policy.text);
    own.front = with_mode(own.front, mode, program);
    const std::string text = with_parts(own, policy.parts);
    check_effect(text, mode, program);
    if (program.empty())
      for (const std::string& other : other_modes(text, mode))
        report_.unchanged(fmt::format("note: {}", printable(other)));
    return replace(policy, text, {});
  }

private:
  [[nodiscard]] std::string shown() const { return root_.shown(kSystemPolicy); }

  /// Of two changes at once the second begins when the first has ended. Where there is no folder
  /// yet nothing is lost.
  struct Turn {
    Descriptor folder;
    deploy::FolderLock lock; // let go before the folder is closed
  };
  [[nodiscard]] Turn take_turn() const {
    Turn turn;
    if (options_.dry_run)
      return turn;
    const std::string folder = root_.shown(kPolicyFolder);
    turn.folder = Descriptor{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    constexpr int kTenSeconds = 100;
    for (int i = 0; turn.folder.open() && !turn.lock.take(turn.folder.number()); ++i) {
      if (i == kTenSeconds)
        throw CommandError(fmt::format("another sealwax has been changing what is in {} for ten "
                                       "seconds; 'fuser {}/.sealwax-lock' names it",
                                       printable(folder), printable(folder)));
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    return turn;
  }

  [[nodiscard]] SystemPolicy read_sound_policy() const {
    SystemPolicy policy = read_system_policy(root_);
    refuse_problems(policy);
    return policy;
  }

  /// What holds now holds on.
  void refuse_problems(const SystemPolicy& policy) const {
    if (policy.problems.empty())
      return;
    for (const std::string& problem : policy.problems)
      report_.finding(printable(problem));
    throw CommandError(fmt::format("{} stays as it was; correct that and try again", shown()));
  }

  /// Sections further down may say otherwise.
  void check_effect(const std::string& text, Mode mode, const std::string& program) const {
    const std::vector<PolicySection> sections = outline(text);
    for (const Decision& decision : decide(sections, {program, {}, {}}, Mode::enforce))
      if (decision.key == Key::mode && decision.value != mode_text(mode))
        throw CommandError(fmt::format(
            "line {} of what {} would be sets the mode again; change it there",
            decision.causes.empty() ? 0 : decision.causes.back().entry->place.line, shown()));
  }

  /// Throws CommandError where a file must not be put there.
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
  }

  [[noreturn]] static void fail(std::string_view action, const std::string& path, int error) {
    throw CommandError(
        fmt::format("cannot {} {}: {}; {}", action, printable(path), std::strerror(error),
                    error == EFBIG ? "raise the limit of file sizes (ulimit -f)"
                                   : deploy::advice_on(error, "'ls -ld' shows what is there")));
  }

  void write(const std::string& path, const std::string& text) const {
    check_place(path);
    const std::string folder = fs::path{root_.shown(path)}.parent_path().string();
    if (const std::error_code error = make_open_folder(folder))
      fail("make", folder, error.value());
    if (const int number = replace_file(root_.shown(path), text, NewMode::kept); number != 0)
      fail("write", root_.shown(path), number);
  }

  /// Parts come before the policy, which names them, and go after it.
  int replace(const SystemPolicy& policy, const std::string& text,
              const std::vector<PartChange>& parts) {
    report_.tell("file", shown(), "");
    if (text == policy.text && parts.empty()) {
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
    write_all(text == policy.text ? std::nullopt : std::optional{text}, parts);
    if (!options_.json)
      answer(diff);
    report_.changed(
        fmt::format("written: {}; it holds for what starts from now on", printable(shown())));
    return kAsItShouldBe;
  }

  /// All of it or nothing. Without `text` the policy says so already.
  void write_all(const std::optional<std::string>& text,
                 const std::vector<PartChange>& parts) const {
    try {
      for (const PartChange& part : parts)
        if (part.text)
          write(part.path, *part.text);
      if (text)
        write(kSystemPolicy, *text);
    } catch (const CommandError&) {
      for (const PartChange& part : parts)
        if (part.text)
          unlink(root_.shown(part.path).c_str());
      throw;
    }
    for (const PartChange& part : parts)
      if (const std::string path = root_.shown(part.path); !part.text && unlink(path.c_str()) != 0)
        throw CommandError(
            fmt::format("cannot remove {}: {}; {} is without it until 'sealwax policy apply' runs",
                        printable(path), std::strerror(errno), printable(shown())));
  }

  [[nodiscard]] std::vector<std::string> names_in(const char* folder) const {
    return policy_names_in(root_, folder);
  }

  /// Does to `policy` what is asked of one part; nullopt: that is so already.
  using Step = std::optional<PartChange> (PolicyChange::*)(const std::string& name,
                                                           SystemPolicy& policy);
  int change_parts(Step step) {
    const Turn turn = take_turn();
    SystemPolicy policy = read_system_policy(root_);
    std::vector<PartChange> changes;
    for (const std::string& name : options_.names) {
      check_name(name);
      if (std::optional<PartChange> change = (this->*step)(name, policy))
        changes.push_back(std::move(*change));
    }
    refuse_problems(policy);
    const int code = replace(policy, policy.wanted(), changes);
    const std::string_view would = options_.dry_run ? "would be " : "";
    for (const PartChange& change : changes)
      report_.unchanged(fmt::format("{}{}: {}", would, change.text ? "taken in" : "removed",
                                    printable(root_.shown(change.path))));
    return code;
  }

  static void check_name(const std::string& name) {
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos)
      throw CommandError(kWrongUsage,
                         fmt::format("'{}' is no name of an exception; 'sealwax policy "
                                     "enable' lists them",
                                     printable(name)));
  }

  static std::string path_of_part(const std::string& name) {
    return fmt::format("{}/{}{}", kPartsFolder, name, kSuffix);
  }

  std::optional<PartChange> taken_in(const std::string& name, SystemPolicy& policy) {
    const std::string from = fmt::format("{}/{}{}", kExceptions, name, kSuffix);
    std::optional<std::string> text = root_.text(from);
    if (!text)
      throw CommandError(fmt::format("there is no exception '{}' in {}; {}'sealwax policy enable' "
                                     "lists them",
                                     printable(name), kExceptions,
                                     did_you_mean(name, names_in(kExceptions))));
    const std::string path = path_of_part(name);
    check_place(path);
    if (root_.text(path) == text) {
      report_.unchanged(fmt::format("{} is there already", printable(root_.shown(path))));
      return std::nullopt;
    }
    if (root_.open(path))
      throw CommandError(fmt::format("{} is there and says something else; remove it, or change it "
                                     "by hand",
                                     printable(root_.shown(path))));
    policy.put({path, *text}, root_.shown(from));
    return PartChange{path, std::move(text)};
  }

  std::optional<PartChange> taken_out(const std::string& name, SystemPolicy& policy) {
    const std::string path = path_of_part(name);
    check_place(path);
    if (access(root_.shown(path).c_str(), F_OK) != 0)
      throw CommandError(
          errno == ENOENT ? fmt::format("there is no {}; {}'ls {}' lists the parts that there are",
                                        printable(root_.shown(path)),
                                        did_you_mean(name, names_in(kPartsFolder)),
                                        printable(root_.shown(kPartsFolder)))
                          : fmt::format("cannot remove {}: {}", printable(root_.shown(path)),
                                        std::strerror(errno)));
    policy.take_out(path, root_.shown(path));
    return PartChange{path, std::nullopt};
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

/// What a section for it would have of mistakes.
std::string problem_of_glob(const std::string& glob) {
  const std::vector<PolicyMistake> mistakes =
      mistakes_in(fmt::format("{}[program {}]\nmode = off\n", kPolicyFirstLine, glob));
  if (!mistakes.empty() || glob.find('\n') != std::string::npos)
    return fmt::format("--program takes a glob, not '{}'{}", printable(glob),
                       mistakes.empty() ? "" : ": " + mistakes.front().text);
  return {};
}

std::string mode_problem(const std::vector<std::string>& names) {
  constexpr std::string_view kModes[] = {"observe", "enforce"};
  if (names.size() != 1)
    return "mode takes observe or enforce";
  return fmt::format("mode takes observe or enforce, not '{}'{}", printable(names[0]),
                     suggestion(names[0], kModes));
}

std::string usage_problem(std::string_view subcommand, const Change& options) {
  if (subcommand == "apply" && !options.names.empty())
    return fmt::format("'{}' is one argument too many", printable(options.names.front()));
  if (subcommand == "disable" && options.names.empty())
    return "no NAME given";
  if (subcommand == "mode" && (options.names.size() != 1 ||
                               (options.names[0] != "observe" && options.names[0] != "enforce")))
    return mode_problem(options.names);
  return options.program ? problem_of_glob(*options.program) : std::string{};
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
    if (subcommand == "enable" && options.names.empty())
      return list_exceptions(options);
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
