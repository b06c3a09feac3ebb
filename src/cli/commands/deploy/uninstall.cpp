// SPDX-License-Identifier: Apache-2.0
// sealwax uninstall: programs that start from now on no longer load the library.
#include "cli/change/text_diff.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/deploy/preload_edit.hpp"
#include "cli/output/output.hpp"
#include "deploy/places.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace sealwax::cli {
namespace {

constexpr std::string_view kUninstallHelp =
    R"(Usage: sealwax uninstall [OPTION...]

Take the library out of /etc/ld.so.preload: each entry whose last component is
libsealwax.so. Other entries and comments stay as they are, and a file that is
empty then is removed. While units have a file of their own mounted over it
('sealwax systemd'), blanks take the entry's place. What runs already stays
sealed until it ends.

Options:
      --dry-run   show the change, and make none
      --root DIR  the system whose root directory DIR is, a mounted disk say
      --json      one JSON document
  -h, --help      this text

)" SEALWAX_RESCUE R"( does the same where no dynamic program starts.

Exit status:
  0   there is no entry, or no longer
  2   could not read or write the file
  64  wrong usage
)";

std::string names_of(const PreloadUsers& users) {
  std::set<std::string> names{users.running.begin(), users.running.end()};
  names.insert(users.planned.begin(), users.planned.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

int uninstall(const ChangeOptions& options, ChangeReport& report) {
  const PreloadEdit edit{options.root};
  const PreloadUsers users = preload_users(SystemRoot{edit.root()});
  const std::string path = printable(edit.preload_path());
  report.tell("file", edit.preload_path(), "");
  const std::string text = edit.without_entry();
  if (text == edit.before()) {
    report.unchanged(fmt::format("nothing to do: {} does not have the library", path));
    return kAsItShouldBe;
  }
  report.diff(unified_diff(edit.preload_path(), edit.before(), text));
  if (options.dry_run) {
    report.unchanged("not changed (--dry-run)");
    return kAsItShouldBe;
  }
  const std::string tail = "what starts from now on is not sealed";
  const bool blanked = edit.remove(users) == deploy::Removal::blanked;
  if (blanked && users.any())
    report.changed(fmt::format("uninstalled: blanks took the library's place in {}, over which "
                               "units have a file of their own ({}); {}",
                               path, printable(names_of(users)), tail));
  else if (blanked)
    report.changed(fmt::format("uninstalled: the disk is full, so that blanks took the library's "
                               "place in {}; {}",
                               path, tail));
  else
    report.changed(fmt::format("uninstalled: {} no longer has the library; {}", path, tail));
  return kAsItShouldBe;
}

} // namespace

int uninstall_command(Arguments arguments) {
  ChangeOptions options;
  ChangeReport report{"uninstall", options};
  CommandLine line{"uninstall", kUninstallHelp};
  return change_preload(line, arguments, report, options,
                        [&] { return uninstall(options, report); });
}

} // namespace sealwax::cli
