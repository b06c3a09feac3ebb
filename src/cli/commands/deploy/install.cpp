// SPDX-License-Identifier: Apache-2.0
// sealwax install: every program of a system loads the library from now on.
#include "cli/change/installed_library.hpp"
#include "cli/change/text_diff.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/deploy/preload_edit.hpp"
#include "cli/commands/deploy/trial.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/policy_parts.hpp"
#include "cli/system/system_root.hpp"
#include "deploy/places.hpp"
#include "deploy/preload_text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

namespace sealwax::cli {
namespace {

constexpr std::string_view kInstallHelp =
    R"(Usage: sealwax install [OPTION...]

Put the library into /etc/ld.so.preload, so that every program that starts from
then on is sealed. First policy and library are checked, then programs are tried with
the new file in mounts that nothing else sees: an ordinary one, a shell, a setuid
one, sudo, PID 1's, a 32-bit one. Only if each does as it did before is the file
replaced, by rename; other entries and comments stay as they are. While units
have a file of their own mounted over it ('sealwax systemd'), the entry is added
to the file itself. With --root the programs are DIR's own, and reach nothing of
this host: see sealwax(1).

Options:
      --dry-run       check and try, show the change, and make none
      --root DIR      the system whose root directory DIR is
      --library FILE  the library's path there; else libsealwax.so in the library
                      directory, which the entry calls $LIB
      --json          one JSON document
  -h, --help          this text

'sealwax uninstall' takes it back. Where no program starts any more, so does
init=)" SEALWAX_RESCUE R"( on the kernel's command line.

Exit status:
  0   it is installed, or with --dry-run would be
  1   refused: something is wrong with policy or library, or a program does otherwise
  2   could not try, read or write
  64  wrong usage
)";

struct Options : ChangeOptions {
  std::string library;
};

class Install {
public:
  Install(const Options& options, ChangeReport& report)
      : options_(options), report_(report), edit_(options.root) {}

  int run() {
    report_.tell("file", edit_.preload_path(), "");
    const InstalledLibrary library = find_installed_library(edit_.root(), options_.library);
    report_.tell("library", library.path, fmt::format("library: {}", printable(library.path)));
    report_.tell("entry", library.entry, "");
    if (!check_policy() || !check(library))
      return kFindings;
    const std::string text = edit_.with_entry(library.entry);
    if (text == edit_.before()) {
      report_.unchanged(fmt::format("nothing to do: {} has {} already",
                                    printable(edit_.preload_path()), printable(library.entry)));
      return kAsItShouldBe;
    }
    if (!try_out(text))
      return kFindings;
    return write(library, text);
  }

private:
  /// What a mistake in it leads to would hold for every program.
  bool check_policy() {
    const SystemRoot root{edit_.root()};
    const EffectivePolicy policy = system_policy("", false, open_in(root));
    if (!policy.problem().empty()) {
      report_.finding(fmt::format("{}; correct it ('sealwax policy check' tells of all mistakes)",
                                  printable(policy.problem())));
      return false;
    }
    if (const std::string stale = stale_policy(root); !stale.empty())
      complain("warning: {}; run 'sealwax policy apply'", printable(stale));
    mode_ = policy.rules().process().mode;
    if (!policy.source().empty())
      report_.tell("policy", policy.source(),
                   fmt::format("policy: {}", printable(policy.source())));
    return true;
  }

  bool check(const InstalledLibrary& library) {
    if (edit_.file().is_link)
      report_.finding(fmt::format("{} is a symbolic link, which the change would replace by a "
                                  "file; do that first, or put the entry in by hand",
                                  printable(edit_.preload_path())));
    for (const std::string& finding : library_findings(edit_.root(), library)) {
      report_.finding(finding);
      sound_ = false;
    }
    return sound_ && !edit_.file().is_link;
  }

  bool try_out(const std::string& text) {
    const std::vector<TrialProgram> programs = trial_programs(edit_.root());
    if (programs.empty())
      throw CommandError(fmt::format("there is no dynamic program in {} to try the "
                                     "library with; nothing was changed",
                                     printable(edit_.outside("/bin"))));
    // Without an entry of its own, be it one that leads nowhere: what ld.so says of that is no
    // difference that the library makes.
    const std::string bare = edit_.without_entry();
    const std::optional<std::string> before =
        edit_.file().exists && !bare.empty() ? std::optional{bare} : std::nullopt;
    const std::vector<TrialOutcome> without = try_preload(edit_.root(), before, programs);
    const std::vector<TrialOutcome> with = try_preload(edit_.root(), text, programs);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < programs.size(); ++i) {
      names.push_back(programs[i].name);
      if (const std::string problem =
              trial_problem(programs[i], without[i], with[i], deploy::kLibraryName);
          !problem.empty()) {
        report_.finding(fmt::format("with the library {}; nothing was changed", problem));
        sound_ = false;
      }
    }
    report_.tell_tried(names);
    return sound_;
  }

  /// The file keeps its mode, by which some programs may not read it.
  void tell_whom_it_does_not_reach() {
    struct stat status = {};
    if (edit_.file().exists && stat(edit_.preload_path().c_str(), &status) == 0 &&
        (status.st_mode & S_IROTH) == 0)
      complain("warning: {} has mode {:04o}: programs of other users than root do not read it and "
               "are not sealed; chmod 0644 it, and they are",
               printable(edit_.preload_path()), status.st_mode & 07777U);
  }

  int write(const InstalledLibrary& library, const std::string& text) {
    tell_whom_it_does_not_reach();
    report_.diff(unified_diff(edit_.preload_path(), edit_.before(), text));
    if (options_.dry_run) {
      report_.unchanged("not changed (--dry-run)");
      return kAsItShouldBe;
    }
    const PreloadUsers users = preload_users(SystemRoot{edit_.root()});
    const bool in_place = edit_.write(text, users) == deploy::InPlace::yes;
    report_.changed(fmt::format("installed: {} has {}; what starts from now on {}",
                                printable(edit_.preload_path()), printable(library.entry),
                                effect()));
    if (!in_place && !users.running.empty())
      report_.unchanged(fmt::format(
          "restart {}: the file was replaced, and with it their own {} is gone",
          printable(fmt::format("{}", fmt::join(users.running, ", "))), deploy::kPreloadPath));
    return kAsItShouldBe;
  }

  /// What the policy does with programs that it says nothing particular of.
  [[nodiscard]] std::string_view effect() const {
    switch (mode_) {
    case Mode::enforce:
      return "is sealed";
    case Mode::audit:
      return "is observed, and not sealed";
    case Mode::off:
      break;
    }
    return "is sealed where the policy names it";
  }

  const Options& options_;
  ChangeReport& report_;
  PreloadEdit edit_;
  Mode mode_ = Mode::enforce;
  bool sound_ = true;
};

} // namespace

int install_command(Arguments arguments) {
  Options options;
  ChangeReport report{"install", options};
  CommandLine line{"install", kInstallHelp};
  line.app().add_option("--library", options.library);
  const auto change = [&] { return Install{options, report}.run(); };
  return change_preload(line, arguments, report, options, change);
}

} // namespace sealwax::cli
