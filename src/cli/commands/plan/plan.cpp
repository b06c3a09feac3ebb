// SPDX-License-Identifier: Apache-2.0
// sealwax plan: what would be sealed of programs, told from their files.
#include "cli/commands/commands.hpp"
#include "cli/commands/plan/plan_report.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/output/progress.hpp"
#include "cli/sealing/named.hpp"
#include "cli/sealing/preload.hpp"
#include "cli/system/package_files.hpp"

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <system_error>
#include <unistd.h>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax plan [OPTION...] FILE...
       sealwax plan [OPTION...] --package NAME

Say for each program, from its file and those of the libraries that it needs,
how many bytes of each region Sealwax would seal, and what keeps it from sealing
more. Nothing is run. FILE is a path, or the name of a program in PATH or of what
runs; of a folder or a package each program has a line, and all have a sum.

Options:
      --package NAME  the programs of this package of dpkg's; several with commas
      --check         end with 1 where there is a finding
      --ignore KIND   take findings of this kind for none; several with commas
      --objects       each object's regions too
      --quiet         answer by the exit status alone
      --count         only how many are without a finding, of how many
      --policy FILE   under this policy, in place of the system's; or the NAME of one
                      that comes with Sealwax
      --library FILE  with this library; else libsealwax.so beside sealwax, then
                      in the library directory
      --root DIR      for the system in DIR: FILE and all that it needs lie there
      --json          one JSON document
      --color WHEN    auto (a terminal, and NO_COLOR is not set), always or never
  -h, --help          this text

What is loaded is what the loader finds with the environment empty. What the
program opens while it runs is not known, nor are the sizes of vdso and stack.
The library itself is counted, as it is in the running program.

Exit status:
  0   all could be told; with --check, and there is no finding
  1   with --check: there is a finding, whatever else could not be told
  2   could not tell: no such file, no program, or a library is missing
  64  wrong usage
)";

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> packages;
  bool check = false;
  std::vector<std::string> ignored;
  bool objects = false;
  bool quiet = false;
  bool count = false;
  bool json = false;
  std::string policy;
  std::string library;
  std::string root;
  ColorChoice color = ColorChoice::automatic;
};

/// What is wrong with the options taken together. Empty: nothing.
std::string usage_problem(const Options& options) {
  for (const std::string& kind : options.ignored)
    if (std::find(std::begin(kFindingKinds), std::end(kFindingKinds), kind) ==
        std::end(kFindingKinds))
      return fmt::format("there is no kind of finding '{}'; {}there are {}", printable(kind),
                         did_you_mean(kind, kFindingKinds), fmt::join(kFindingKinds, ", "));
  if (options.quiet && options.count)
    return "--quiet and --count exclude each other";
  if ((options.quiet || options.count) && (options.json || options.objects))
    return fmt::format("{} answers without {}", options.quiet ? "--quiet" : "--count",
                       options.json ? "a document" : "objects");
  return options.files.empty() && options.packages.empty() ? "no FILE given" : "";
}

bool is_folder(const SystemRoot& root, const std::string& file) {
  const std::optional<OpenFile> opened = root.open(file);
  return opened && S_ISDIR(opened->status.st_mode);
}

/// Neither a library, a script nor data.
bool is_program(const SystemRoot& root, const std::string& path) {
  const std::optional<OpenFile> file = root.open(path);
  if (!file || !S_ISREG(file->status.st_mode) || (file->status.st_mode & 0111U) == 0)
    return false;
  const std::optional<ElfFile> elf = try_read_elf(file->descriptor.number());
  return elf && (!elf->interpreter.empty() || elf->type == ET_EXEC ||
                 (elf->is_static() && path.find(".so") == std::string::npos));
}

LoadedFile load_library(const std::string& wanted) {
  const std::string path = find_library(wanted).path;
  return load(SystemRoot{}.open(path).value(), path);
}

class Plan {
public:
  Plan(const Options& options, PlanReport& report)
      : options_(options), report_(report),
        root_(options.root.empty() ? SystemRoot{} : SystemRoot{options.root}) {}

  int run() {
    const LoadedFile library = load_library(options_.library);
    const std::string policy =
        options_.policy.empty() ? "" : policy_named(SystemRoot{}, options_.policy);
    check_policy(policy);
    const Planner planner{root_, library, policy};
    const std::vector<std::string> programs = programs_meant();
    // Where the answer goes to a terminal as well, that shows how far it is.
    const bool has_bar = programs.size() > 1 && isatty(STDOUT_FILENO) == 0;
    Progress progress{has_bar ? programs.size() : 0};
    for (std::size_t i = 0; i < programs.size(); ++i) {
      progress.show(i);
      plan(planner, programs[i]);
    }
    report_.finish(!findings_ && !doubts_);
    if (findings_ && options_.check)
      return kFindings;
    return doubts_ ? kCouldNotTell : kAsItShouldBe;
  }

private:
  /// Those of folders and packages one by one.
  std::vector<std::string> programs_meant() {
    std::vector<std::string> programs;
    for (const std::string& file : options_.files)
      if (!is_folder(root_, file))
        programs.push_back(program_named(root_, file));
      else if (!add_programs(programs, root_, files_in(root_, file)))
        fail(file, fmt::format("{} has no program in it; name a program, or a folder with some",
                               printable(file)));
    for (const std::string& package : options_.packages)
      if (!add_programs(programs, root_, package_files(root_, package)))
        fail(package, fmt::format("package {} has no program", printable(package)));
    return programs;
  }

  static std::vector<std::string> files_in(const SystemRoot& root, const std::string& folder) {
    std::vector<std::string> files = root.names(folder);
    for (std::string& file : files)
      file.insert(0, folder.ends_with('/') ? folder : folder + "/");
    return files;
  }

  /// False: there is none among them.
  static bool add_programs(std::vector<std::string>& programs, const SystemRoot& root,
                           const std::vector<std::string>& files) {
    const std::size_t before = programs.size();
    std::copy_if(files.begin(), files.end(), std::back_inserter(programs),
                 [&root](const std::string& file) { return is_program(root, file); });
    return programs.size() != before;
  }

  /// One message about it, not one for each program.
  static void check_policy(const std::string& path) {
    if (path.empty())
      return;
    const EffectivePolicy policy = policy_in_file({}, path);
    if (!policy.problem().empty())
      throw CommandError(printable(policy.problem()));
  }

  void plan(const Planner& planner, const std::string& file) {
    try {
      ProgramPlan plan = planner.plan(file);
      std::erase_if(plan.findings, [this](const Finding& finding) {
        return std::find(options_.ignored.begin(), options_.ignored.end(), finding.kind) !=
               options_.ignored.end();
      });
      for (const std::string& problem : plan.problems)
        fail(file, problem);
      for (const std::string& note : plan.notes)
        if (warned_.insert(note).second)
          complain("warning: {}", printable(note));
      findings_ |= !plan.findings.empty();
      report_.add(file, plan);
    } catch (const ElfError& error) {
      fail(file, fmt::format("{} {}; name a program or a library", printable(file), error.what()));
    } catch (const std::system_error& error) {
      fail(file, cannot_open(file, error.code().value(), program_meant(root_, file)));
    }
  }

  void fail(std::string_view file, const std::string& message) {
    doubts_ = true;
    complain_text(message);
    report_.add_error(file, message);
  }

  const Options& options_;
  PlanReport& report_;
  SystemRoot root_;
  std::set<std::string> warned_;
  bool findings_ = false;
  bool doubts_ = false;
};

int run_plan(const Options& options) {
  const SystemRoot root = options.root.empty() ? SystemRoot{} : SystemRoot{options.root};
  const bool many = !options.packages.empty() ||
                    std::any_of(options.files.begin(), options.files.end(),
                                [&](const std::string& file) { return is_folder(root, file); });
  const bool color = wants_color(options.color);
  const std::unique_ptr<PlanReport> report = options.json ? plan_json()
                                             : options.quiet || options.count
                                                 ? plan_count(options.count)
                                             : many ? plan_lines(color)
                                                    : plan_tables({options.objects, color});
  return Plan{options, *report}.run();
}

} // namespace

int plan_command(Arguments arguments) {
  Options options;
  CommandLine line{"plan", kHelp};
  line.app().add_flag("--check", options.check);
  line.app().add_option("--ignore", options.ignored)->delimiter(',')->allow_extra_args(false);
  line.app().add_flag("--objects", options.objects);
  line.app().add_flag("--quiet", options.quiet);
  line.app().add_flag("--count", options.count);
  line.app().add_option("--package", options.packages)->delimiter(',')->allow_extra_args(false);
  line.app().add_option("--policy", options.policy);
  line.app().add_option("--library", options.library);
  line.app().add_option("--root", options.root);
  line.app().add_option("FILE", options.files);
  line.add_json(options.json, [](const std::string& message, ExitCode) {
    const std::unique_ptr<PlanReport> report = plan_json();
    report->add_error({}, message);
    report->finish(false);
  });
  line.add_color(options.color);
  line.add_check([&] { return usage_problem(options); });
  return line.run(arguments, [&] { return run_plan(options); });
}

} // namespace sealwax::cli
