// SPDX-License-Identifier: Apache-2.0
// sealwax run: starts a program with the library preloaded.
#include "cli/commands/commands.hpp"
#include "cli/commands/run/entry_hold.hpp"
#include "cli/commands/run/static_seal.hpp"
#include "cli/inspection/inspection.hpp"
#include "cli/inspection/worker/looker.hpp"
#include "cli/output/output.hpp"
#include "cli/output/region_names.hpp"
#include "cli/sealing/launch.hpp"
#include "cli/sealing/verdict.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <unistd.h>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax run [OPTION...] [--] PROGRAM [ARGUMENT...]

Run PROGRAM with libsealwax.so preloaded, in front of what LD_PRELOAD holds.

Options:
      --policy FILE   seal by this policy (sets SEALWAX_POLICY); or the NAME of one
                      that comes with Sealwax
      --library FILE  preload this library; else libsealwax.so beside sealwax,
                      then in the library directory
      --require       hold PROGRAM at its entry point and let it run only if all
                      that its policy wants sealed is sealed
      --follow        seal each static program that PROGRAM and its descendants
                      execute as well; a tracer stays with them (takes root)
  -h, --help          this text

PROGRAM takes the place of sealwax: same process, same parent. What it executes
in turn is sealed too, but not checked by --require. A static program, which no
loader starts, is sealed from outside: all but its RELRO before its first
instruction, its RELRO when it is constant; what it executes in turn is sealed
where it is dynamic. With --require, or with a static program, a process of
Sealwax's own is there for some milliseconds, which PROGRAM finds among its
children where it is PID 1 of a namespace. Where nothing has an effect (a setuid
program, say) a warning says so, and with --require PROGRAM is not run.

Exit status:
  125  sealwax failed, the policy is bad, or --require was not met
  126  PROGRAM cannot be executed
  127  PROGRAM was not found
  else that of PROGRAM
)";

struct Options : Launch {
  bool require = false;
  bool follow = false;
};

/// Throws CommandError.
void check_policy(const std::string& program, const Options& options) {
  const EffectivePolicy policy = launch_policy(program, options);
  if (options.require && seals_nothing(policy.rules()))
    throw CommandError(fmt::format("the policy {} wants nothing sealed in {}, and --require "
                                   "would let it run open; change one of the two",
                                   printable(policy.source()), printable(program)));
}

void warn(const std::vector<Obstacle>& found) {
  for (const Obstacle& obstacle : found)
    complain("warning: {}; {} ({})", obstacle.cause, obstacle.effect, obstacle.remedy);
}

/// What hides whether a loader starts the program, so that nothing of this has an effect where none
/// does.
void warn_if_unclear(const std::string& loaded) {
  const std::optional<ElfFile> elf = read_elf_file(loaded);
  if (!elf && access(loaded.c_str(), R_OK) != 0)
    complain("warning: {} may not be read, which hides whether a loader starts it; where none does "
             "it runs unsealed (let who starts it read it; or sealwax seal by root, once it runs)",
             printable(loaded));
  if (elf && elf->packed)
    complain(
        "warning: {} is packed by UPX, which hides whether a loader starts it; where none does "
        "it runs unsealed (unpack it: upx -d; or sealwax seal, once it runs)",
        printable(loaded));
}

/// `library`: what should have sealed it before its first instruction; null: whoever traces it,
/// which can take a few calls of its start.
std::string ended_because(const std::string& program, std::string_view why,
                          const Library* library) {
  return fmt::format("{} {}; ended {} (--require)", printable(program), why,
                     library != nullptr ? "before its first instruction" : "at its start");
}

bool has_loaded(const Survey& survey, const Library& library) {
  std::error_code error;
  const std::string file = std::filesystem::canonical(library.path, error).string();
  return std::any_of(survey.objects.begin(), survey.objects.end(),
                     [&](const Object& object) { return object.path == file; });
}

/// Empty: all is as it should be. `library`: what should have done it; null: nothing in the
/// process.
std::string seal_failure(pid_t pid, const Library* library) {
  const Inspection found = inspect(Process{pid});
  const std::string program = name_in_policies(found.survey, found.executable.value_or(""));
  const auto ended = [&](std::string_view why) { return ended_because(program, why, library); };
  if (!found.survey.objects_known || !found.survey.unclear.empty())
    return ended("cannot be looked at");
  if (!found.policy.problem().empty())
    return ended(fmt::format("{}: {}",
                             found.policy.is_unknown() ? "cannot be judged" : "has no policy",
                             printable(found.policy.problem())));
  const MappingVerdict whole = found.whole();
  if (whole == MappingVerdict::sealed)
    return {};
  if (whole == MappingVerdict::observed || whole == MappingVerdict::off)
    return ended("has a policy that wants nothing sealed");
  if (whole == MappingVerdict::contents_open)
    return ended(fmt::format("is sealed, but its contents can be changed still ({})",
                             join_names(found.verdict.contents_open)));
  const bool lacks_library = library != nullptr && !has_loaded(found.survey, *library);
  return ended(fmt::format("{} not sealed ({})",
                           lacks_library ? "did not load the library and is" : "is",
                           join_names(found.verdict.open)));
}

/// The check at the entry point, by somebody who can be given up: a library may have mapped a file
/// that its file system never answers for. Empty: all is as it should be.
std::string checked_failure(pid_t pid, const std::string& program, const Library* library) {
  Looker looker{[library](pid_t looked_at) {
    try {
      return seal_failure(looked_at, library);
    } catch (const std::exception& error) {
      return std::string{error.what()};
    }
  }};
  try {
    return looker.ask(pid);
  } catch (const ProcessError& error) {
    return ended_because(program, fmt::format("cannot be looked at: {}", error.what()), library);
  }
}

CommandError refusal(const std::string& why) {
  return CommandError(fmt::format("{}; not running it (--require)", why));
}

/// What keeps `trace` from tracing. Who traces looks at the program by /proc.
std::string traced(const std::function<std::string()>& trace) {
  return proc_is_of_own_namespace() ? trace() : kOtherProc;
}

void require_sealed(const std::string& program, const std::string& loaded, const Library& library,
                    const std::vector<Obstacle>& found) {
  if (!found.empty())
    throw refusal(fmt::format("{} ({})", found.front().cause, found.front().remedy));
  const std::optional<ElfFile> elf = read_elf_file(loaded);
  if (!elf)
    throw refusal(fmt::format("{} is no ELF file that you may read, so that its memory cannot be "
                              "checked",
                              printable(loaded)));
  if (elf->packed)
    throw refusal(fmt::format(
        "{} is packed by UPX, which hides where it begins; unpack it (upx -d)", printable(loaded)));
  if (elf->interpreter.empty())
    throw refusal(
        fmt::format("{} is a loader, and what it loads cannot be held at its entry point; "
                    "name that program instead",
                    printable(loaded)));
  const std::string problem = traced([&] {
    return hold_at_entry([&](pid_t pid) { return checked_failure(pid, loaded, &library); });
  });
  if (!problem.empty())
    throw refusal(fmt::format("cannot trace {} to check it: {}", printable(program), problem));
}

/// Whether nothing but a loader is missing, which who traces it makes up for.
bool can_be_sealed_from_outside(const std::vector<Obstacle>& found) {
  return found.size() == 1 && found.front().kind == Obstacle::Kind::no_loader;
}

void seal_from_outside(const std::string& loaded, const Options& options) {
  const bool require = options.require;
  const EntryCheck check = [](pid_t pid) {
    return checked_failure(pid, Process{pid}.executable().value_or(""), nullptr);
  };
  const EntryCheck* const wanted = require ? &check : nullptr;
  const std::string problem = traced([&] {
    return options.follow ? seal_and_follow_from_here(wanted) : seal_static_from_here(wanted);
  });
  const std::string why = fmt::format("cannot trace {} to seal it: {}", printable(loaded), problem);
  if (!problem.empty() && require)
    throw refusal(why);
  if (!problem.empty())
    complain("warning: {}; it runs unsealed", why);
}

/// Throws CommandError.
void check_follow(const Options& options, bool from_outside) {
  if (geteuid() != 0)
    throw CommandError(
        "--follow takes root: setuid programs lose their rights where somebody without "
        "that right traces them");
  if (options.require && !from_outside)
    throw CommandError("--require holds a dynamic PROGRAM by a tracer, and so does --follow; leave "
                       "one of the two away");
}

[[noreturn]] void run(const Options& options) {
  const auto [library, program, loaded] = find_target(options);
  check_policy(loaded, options);
  const std::vector<Obstacle> found = launch_obstacles(program, loaded, library);

  set_launch_environment(library, options);
  const bool from_outside = can_be_sealed_from_outside(found);
  if (options.follow)
    check_follow(options, from_outside);
  if (from_outside || options.follow)
    seal_from_outside(loaded, options);
  if (!from_outside && options.require) {
    require_sealed(program, loaded, library, found);
  } else if (!from_outside) {
    warn(found);
    warn_if_unclear(loaded);
  }
  execute(program, options.command);
}

} // namespace

int run_command(Arguments arguments) {
  Options options;
  CommandLine line{"run", kHelp, {kRunFailed, kRunFailed, true}};
  line.app().add_flag("--require", options.require);
  line.app().add_flag("--follow", options.follow);
  add_launch(line, options);
  return line.run(arguments, [&]() -> int { run(options); });
}

} // namespace sealwax::cli
