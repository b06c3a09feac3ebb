// SPDX-License-Identifier: Apache-2.0
// sealwax doctor: whether this system can seal, and what it leaves open beside sealing.
#include "cli/commands/doctor/doctor.hpp"

#include "cli/commands/commands.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/preload.hpp"
#include "deploy/places.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax doctor [OPTION...]

Say whether this system can seal: its kernel, /proc and C library, the library's
own file, the policy, /etc/ld.so.preload, what runs with the library preloaded,
what that file does not reach (sandboxes and containers with an /etc of their own),
and seccomp filters that would refuse mseal(2). And what it leaves open beside
sealing, with what to do about it. The first line is whether it can seal.

Options:
      --strict        end with 1 where there is any finding, be it about the rest of
                      the host
      --ignore NAME   take findings of the check NAME for notes; several with commas
      --library FILE  look at this libsealwax.so; else at the one that
                      /etc/ld.so.preload names, beside sealwax, or in the
                      library directory
      --root DIR      look at the files of the system in DIR; of the kernel and
                      of processes nothing is said
      --filters       stop each process that is under a seccomp filter for a
                      moment, as a debugger does, and read what the filter
                      answers to mseal(2); takes root
      --json          one JSON document
      --color WHEN    auto (a terminal, and NO_COLOR is not set), always or never
  -h, --help          this text

The kernel's calls are tried out, in a child process. A note is worth knowing
and does not count. What keeps this system from sealing is a kernel or a filter that
refuses mseal(2), a missing /proc, the library's file, or a mistake in the policy;
other findings are about what else is open.

Exit status:
  0   this system can seal; with --strict, and nothing was found
  1   it cannot; with --strict, or there is a finding, whatever else could not be
      told
  2   could not tell: something may not be read, most likely
  64  wrong usage
)";

struct Options {
  std::string root;
  std::string library;
  bool filters = false;
  bool strict = false;
  std::vector<std::string> ignored;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;
};

/// Where this build was to be installed, and where Debian and others put libraries: in
/// usr/lib/TRIPLET, usr/lib64 or usr/lib.
std::string installed_library(const SystemRoot& root) {
  std::vector<std::string> folders{SEALWAX_LIBRARY_FOLDER, "/usr/lib64", "/usr/lib"};
  for (const std::string& name : root.names("/usr/lib"))
    folders.push_back("/usr/lib/" + name);
  for (const std::string& folder : folders)
    if (std::string path = folder + "/libsealwax.so"; root.open(path))
      return path;
  return {};
}

std::string library_to_check(const Options& options, const SystemRoot& root) {
  if (!options.library.empty())
    return root.is_own() ? std::filesystem::absolute(options.library).string() : options.library;
  if (std::string path = preloaded_library(root); !path.empty())
    return path;
  if (!root.is_own())
    return installed_library(root);
  try {
    return search_library();
  } catch (const CommandError&) {
    return {};
  }
}

std::vector<CheckGroup> check_all(const Patient& patient) {
  std::vector<CheckGroup> groups;
  if (patient.root.is_own()) {
    groups.push_back(check_kernel());
    groups.push_back(check_proc());
  }
  groups.push_back(check_libc(patient.root));
  groups.push_back(check_library(patient));
  groups.push_back(check_policy(patient.root));
  groups.push_back(check_preload(patient.root));
  if (patient.root.is_own()) {
    const RunningProcesses running = running_processes();
    groups.push_back(check_units(patient.root, running));
    groups.push_back(check_elsewhere(running));
    groups.push_back(check_filters(patient.root, running, patient.ask_filters));
  }
  groups.push_back(check_host(patient.root));
  return groups;
}

/// Whether without it nothing is sealed, or not as the policy wants.
bool is_needed(const CheckGroup& group, const Check& check) {
  return group.name == "kernel" ||
         (group.name == "library" && check.name != "version" && check.name != "place") ||
         (group.name == "proc" && check.name == "/proc") ||
         (group.name == "policy" && check.name == "policy");
}

/// Of what is needed, or of all. Findings are certain and stay, whatever else could not be told.
ExitCode judged(const std::vector<CheckGroup>& groups, bool all) {
  bool unknown = false;
  for (const CheckGroup& group : groups)
    for (const Check& check : group.checks) {
      if (!all && !is_needed(group, check))
        continue;
      if (check.state == Check::State::finding)
        return kFindings;
      unknown |= check.state == Check::State::unknown;
    }
  return unknown ? kCouldNotTell : kAsItShouldBe;
}

std::vector<std::string> names_of(const std::vector<CheckGroup>& groups) {
  std::vector<std::string> names;
  for (const CheckGroup& group : groups)
    for (const Check& check : group.checks)
      names.push_back(check.name);
  return names;
}

void ignore(std::vector<CheckGroup>& groups, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    bool known = false;
    for (CheckGroup& group : groups)
      for (Check& check : group.checks)
        if (check.name == name) {
          known = true;
          if (check.state == Check::State::finding)
            check.state = Check::State::note;
        }
    if (!known)
      throw CommandError(kWrongUsage,
                         fmt::format("there is no check '{}'; {}--json names them", printable(name),
                                     did_you_mean(name, names_of(groups))));
  }
}

int doctor(const Options& options) {
  Patient patient;
  if (!options.root.empty())
    patient.root = SystemRoot{options.root};
  patient.ask_filters = options.filters;
  patient.library = library_to_check(options, patient.root);
  std::vector<CheckGroup> groups = check_all(patient);
  ignore(groups, options.ignored);
  const ExitCode can_seal = judged(groups, false);
  const ExitCode code = options.strict ? judged(groups, true) : can_seal;
  if (options.json)
    answer(doctor_json(groups, {}, can_seal, code == kAsItShouldBe));
  else
    answer(doctor_text(groups, can_seal, wants_color(options.color)));
  return code;
}

} // namespace

int doctor_command(Arguments arguments) {
  Options options;
  CommandLine line{"doctor", kHelp};
  line.app().add_option("--library", options.library);
  line.app().add_option("--root", options.root);
  line.app().add_flag("--filters", options.filters);
  line.app().add_flag("--strict", options.strict);
  line.app().add_option("--ignore", options.ignored)->delimiter(',')->allow_extra_args(false);
  line.add_json(options.json, [](const std::string& message, ExitCode) {
    answer(doctor_json({}, {message}, kCouldNotTell, false));
  });
  line.add_color(options.color);
  return line.run(arguments, [&] { return doctor(options); });
}

} // namespace sealwax::cli
