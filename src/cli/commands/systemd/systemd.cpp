// sealwax systemd: one service of systemd is sealed, by a drop-in for its unit.
#include "cli/change/change_report.hpp"
#include "cli/change/installed_library.hpp"
#include "cli/change/text_diff.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/systemd/drop_in.hpp"
#include "cli/commands/systemd/unit_obstacles.hpp"
#include "cli/inspection/status_look.hpp"
#include "cli/inspection/status_report.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "deploy/places.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax systemd [OPTION...] UNIT
       sealwax systemd --remove [OPTION...] UNIT
       sealwax systemd --verify [--json] [--color WHEN] UNIT

Have the service UNIT preload the library, by a drop-in,
/etc/systemd/system/UNIT.d/50-sealwax.conf. What the unit itself puts into
LD_PRELOAD stays, behind the library. Where the unit's SystemCallFilter= does
not list mseal, the drop-in adds it. A static program, which no loader starts, is
started by 'sealwax run' in place of its own ExecStart=. What in the unit keeps
its programs from being sealed is said on stderr. With --verify: what of the
running service is sealed.

Options:
      --policy NAME   seal by this policy: a file (with a slash in it), or the
                      NAME.conf in /etc/sealwax or )" SEALWAX_POLICY_FOLDER R"(
      --library FILE  preload this library; else libsealwax.so beside sealwax,
                      then in the library directory
      --print         write the drop-in to stdout only
      --dry-run       show the change, and make none
      --remove        take the drop-in away
      --verify        look at the processes of the service
      --root DIR      the system whose root directory DIR is
      --json          one JSON document
      --color WHEN    auto (a terminal, and NO_COLOR is not set), always or never
  -h, --help          this text

It takes effect with 'systemctl daemon-reload && systemctl restart UNIT'.

Exit status:
  0   done; with --verify: all that the policies want sealed is sealed
  1   done, and something in the unit keeps it from being sealed, or may;
      with --verify: some of it is not sealed
  2   no such unit, a bad policy, or a file that cannot be read or written;
      with --verify: nothing of it runs, or it may not be looked at
  64  wrong usage
)";

struct Options : ChangeOptions {
  std::string unit;
  std::string policy;
  std::string library;
  bool print = false;
  bool remove = false;
  bool verify = false;
  ColorChoice color = ColorChoice::automatic;
};

/// What is wrong with the options taken together. Empty: nothing.
std::string usage_problem(const Options& options) {
  if (options.print && options.json)
    return "--print and --json exclude each other";
  if (options.verify + options.remove + options.print > 1)
    return "--verify, --remove and --print exclude each other";
  if ((options.verify || options.remove) && (!options.policy.empty() || !options.library.empty()))
    return "--policy and --library are for a new drop-in";
  if (options.verify && options.root != "/")
    return "--verify looks at what runs, and in --root DIR nothing does";
  return {};
}

class Systemd {
public:
  Systemd(const Options& options, ChangeReport& report)
      : options_(options), report_(report), root_(options.root) {}

  int run() {
    const std::string name = full_unit_name(options_.unit);
    unit_ = read_unit(root_, name, std::nullopt);
    path_ = drop_in_path(unit_.name);
    report_.tell("unit", unit_.name, "");
    report_.tell("drop_in", root_.shown(path_), "");
    if (!options_.print)
      before_ = present_text();
    return options_.remove ? remove() : add();
  }

private:
  int add() {
    const CallSets sets = root_.is_own() ? ask_call_sets() : CallSets{};
    const std::string library = library_path();
    const std::string policy = policy_path();
    DropIn drop_in = make_drop_in(unit_, library, policy, sets);
    drop_in.text += start_lines(
        commands_through(tool_path(), {root_, unit_, library, policy, drop_in.preload, sets}));
    const Unit with = read_unit(root_, unit_.name, drop_in.text);
    const UnitPlan plan{root_, with, library, policy, drop_in.preload, sets};
    bool sound = true;
    for (const Obstacle& obstacle : unit_obstacles(plan)) {
      report_.finding(
          fmt::format("warning: {}; {} ({})", obstacle.cause, obstacle.effect, obstacle.remedy));
      sound = false;
    }
    if (options_.print)
      answer(drop_in.text);
    else
      change(drop_in.text);
    return sound ? kAsItShouldBe : kFindings;
  }

  /// Nothing where there is no such file.
  std::string present_text() const {
    const std::optional<std::string> text = root_.text(path_);
    if (!text && errno != ENOENT && errno != ENOTDIR)
      throw CommandError(fmt::format("cannot read {}: {}; 'ls -ld {}' shows what it is",
                                     printable(root_.shown(path_)), std::strerror(errno),
                                     printable(root_.shown(path_))));
    return text.value_or("");
  }

  int remove() {
    if (!before_.empty() && !before_.starts_with(kDropInMark))
      throw CommandError(fmt::format("{} was not written by sealwax; remove it by hand",
                                     printable(root_.shown(path_))));
    change("");
    return kAsItShouldBe;
  }

  void change(const std::string& text) {
    const std::string shown = printable(root_.shown(path_));
    if (text == before_) {
      if (text.empty() && !options_.dry_run && !place_leads_elsewhere())
        remove_remains(root_.shown(path_));
      report_.unchanged(text.empty() ? fmt::format("nothing to do: there is no {}", shown)
                                     : fmt::format("nothing to do: {} is so already", shown));
      return;
    }
    report_.diff(unified_diff(root_.shown(path_), before_, text));
    if (options_.dry_run) {
      report_.unchanged("not changed (--dry-run)");
      return;
    }
    check_place();
    write_drop_in(root_.shown(path_), text);
    report_.changed(fmt::format("{}: {}", text.empty() ? "removed" : "written", shown));
    if (root_.is_own())
      report_.unchanged(fmt::format("next: systemctl daemon-reload && systemctl restart {}",
                                    printable(unit_.name)));
  }

  std::filesystem::path folder() const {
    return std::filesystem::path{root_.shown(path_)}.parent_path();
  }

  /// In another system's folder a link would lead to this system's files.
  bool place_leads_elsewhere() const {
    std::error_code error;
    return !root_.is_own() && std::filesystem::weakly_canonical(folder(), error) != folder();
  }

  void check_place() const {
    if (place_leads_elsewhere())
      throw CommandError(fmt::format("{} leads elsewhere by a symbolic link; write the drop-in "
                                     "from inside that system",
                                     printable(folder().string())));
  }

  /// This tool, where a unit finds it.
  std::string tool_path() const {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    return root_.is_own() && !error ? self.string() : SEALWAX_TOOL;
  }

  /// As the system itself names it.
  std::string library_path() const {
    if (root_.is_own() && options_.library.empty())
      return find_library("").path;
    std::string path =
        find_installed_library(root_.is_own() ? "/" : root_.shown(""), options_.library).path;
    if (path.find_first_of(": \t\n$") != std::string::npos)
      throw CommandError(fmt::format("cannot preload '{}': LD_PRELOAD holds no path "
                                     "with a colon, a blank or a '$'",
                                     printable(path)));
    const std::optional<ElfFile> elf = read_elf_file(root_.shown(path));
    if (!elf || elf->type != ET_DYN)
      throw CommandError(
          fmt::format("cannot preload {}: {}; name the library with "
                      "--library FILE",
                      printable(root_.shown(path)),
                      root_.open(path) ? "not a shared object" : std::strerror(errno)));
    return path;
  }

  /// A file that can be read and is right, or nothing where none is named.
  std::string policy_path() const {
    if (options_.policy.empty()) {
      check_systems_policy();
      return {};
    }
    std::string path = named_policy();
    const std::optional<std::string> text = root_.text(path);
    if (!text)
      throw CommandError(fmt::format("cannot read the policy {}: {}; check its path",
                                     printable(root_.shown(path)), std::strerror(errno)));
    const EffectivePolicy policy = EffectivePolicy::from_text(root_.shown(path), *text, "");
    if (!policy.problem().empty())
      throw CommandError(printable(policy.problem()));
    if (const std::optional<OpenFile> file = root_.open(path))
      if (const std::string others = open_to_others(root_, *file); !others.empty())
        report_.finding(fmt::format("warning: {}; whoever may write the policy says what is sealed "
                                    "(give the file and its folders to root, and chmod go-w)",
                                    others));
    if (denies_environment())
      throw CommandError(
          fmt::format("{} says 'environment = deny', so that --policy has no effect; "
                      "put a [program] section there",
                      printable(root_.shown(kSystemPolicy))));
    return path;
  }

  std::string named_policy() const {
    if (options_.policy.find('/') != std::string::npos)
      return root_.is_own() ? std::filesystem::absolute(options_.policy).lexically_normal().string()
                            : options_.policy;
    for (const char* folder : {"/etc/sealwax", SEALWAX_POLICY_FOLDER, "/usr/share/sealwax"})
      if (std::string path = fmt::format("{}/{}.conf", folder, options_.policy); root_.open(path))
        return path;
    throw CommandError(
        fmt::format("there is no policy '{}': no {}.conf is in /etc/sealwax or {}; name "
                    "a file with its path",
                    printable(options_.policy), printable(options_.policy), SEALWAX_POLICY_FOLDER));
  }

  /// The service is to have it.
  void check_systems_policy() const {
    const std::optional<std::string> text = root_.text(kSystemPolicy);
    const EffectivePolicy policy =
        text ? EffectivePolicy::from_text(root_.shown(kSystemPolicy), *text, "")
             : EffectivePolicy{};
    if (!policy.problem().empty())
      throw CommandError(printable(policy.problem()));
  }

  bool denies_environment() const {
    const EffectivePolicy system = EffectivePolicy::from_text(
        kSystemPolicy, root_.text(kSystemPolicy).value_or("sealwax-policy 1\n"), "");
    return system.rules().process().environment == Environment::deny;
  }

  const Options& options_;
  ChangeReport& report_;
  SystemRoot root_;
  Unit unit_;
  std::string path_;
  std::string before_;
};

/// What of the running service is sealed.
int look(const Options& options) {
  StatusQuestion question;
  question.unit = read_unit(SystemRoot{}, full_unit_name(options.unit), std::nullopt).name;
  const ReportOptions shape{false, wants_color(options.color)};
  const std::unique_ptr<StatusReport> report =
      options.json ? json_report(shape) : line_report(shape);
  const int code = look_at_processes(question, *report);
  if (code == kFindings && SystemRoot{}.open(drop_in_path(*question.unit)))
    complain("{} has its drop-in; if it is older than the processes, 'systemctl daemon-reload && "
             "systemctl restart {}' has them sealed",
             printable(*question.unit), printable(*question.unit));
  return code;
}

void add_options(CommandLine& line, Options& options) {
  CLI::App& app = line.app();
  app.add_option("UNIT", options.unit)->required();
  app.add_option("--root", options.root);
  app.add_option("--policy", options.policy);
  app.add_option("--library", options.library);
  app.add_flag("--print", options.print);
  app.add_flag("--dry-run", options.dry_run);
  app.add_flag("--remove", options.remove);
  app.add_flag("--verify", options.verify);
  line.add_color(options.color);
}

} // namespace

int systemd_command(Arguments arguments) {
  Options options;
  ChangeReport report{"systemd", options};
  CommandLine line{"systemd", kHelp};
  add_options(line, options);
  bool looking = false;
  line.add_json(options.json, [&](const std::string& message, ExitCode code) {
    // Of a unit that is not there nothing can be seen: a document of the status kind as well.
    if (looking)
      answer_status_failure(message, code);
    else
      report.fail(message, code);
  });
  line.add_check([&] { return usage_problem(options); });
  return line.run(arguments, [&] {
    looking = options.verify;
    return looking ? look(options) : report.finish(Systemd{options, report}.run());
  });
}

} // namespace sealwax::cli
