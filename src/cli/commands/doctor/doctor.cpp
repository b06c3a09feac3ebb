// sealwax doctor: whether this system can seal, and what it leaves open beside sealing.
#include "cli/commands/doctor/doctor.hpp"

#include "cli/commands/commands.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/preload.hpp"

#include <CLI/CLI.hpp>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax doctor [OPTION...]

Say whether this system can seal: its kernel, /proc and C library, the library's
own file, the policy, /etc/ld.so.preload, what runs with the library preloaded,
and seccomp filters that would refuse mseal(2). And what it leaves open beside
sealing, with what to do about it.

Options:
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
and does not count.

Exit status:
  0   nothing was found
  1   there are findings, whatever else could not be told
  2   could not tell: something may not be read, most likely
  64  wrong usage
)";

struct Options {
  std::string root;
  std::string library;
  bool filters = false;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;
};

/// Where Debian and others put libraries: in usr/lib/TRIPLET, usr/lib64 or usr/lib.
std::string installed_library(const SystemRoot& root) {
  std::vector<std::string> folders{"/usr/lib64", "/usr/lib"};
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
    groups.push_back(check_filters(patient.root, running, patient.ask_filters));
  }
  groups.push_back(check_host(patient.root));
  return groups;
}

/// Findings are certain and stay, whatever else could not be told.
int exit_code(const std::vector<CheckGroup>& groups) {
  bool unknown = false;
  for (const CheckGroup& group : groups)
    for (const Check& check : group.checks) {
      if (check.state == Check::State::finding)
        return kFindings;
      unknown |= check.state == Check::State::unknown;
    }
  return unknown ? kCouldNotTell : kAsItShouldBe;
}

int doctor(const Options& options) {
  Patient patient;
  if (!options.root.empty())
    patient.root = SystemRoot{options.root};
  patient.ask_filters = options.filters;
  patient.library = library_to_check(options, patient.root);
  const std::vector<CheckGroup> groups = check_all(patient);
  const int code = exit_code(groups);
  if (options.json)
    answer(doctor_json(groups, {}, code == kAsItShouldBe));
  else
    answer(doctor_text(groups, wants_color(options.color)));
  return code;
}

} // namespace

int doctor_command(Arguments arguments) {
  Options options;
  CommandLine line{"doctor", kHelp};
  line.app().add_option("--library", options.library);
  line.app().add_option("--root", options.root);
  line.app().add_flag("--filters", options.filters);
  line.add_json(options.json, [](const std::string& message, ExitCode) {
    answer(doctor_json({}, {message}, false));
  });
  line.add_color(options.color);
  return line.run(arguments, [&] { return doctor(options); });
}

} // namespace sealwax::cli
