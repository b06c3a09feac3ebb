// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/selftest/selftest_runs.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/system/descriptor.hpp"
#include "cli/system/own_program.hpp"
#include "deploy/places.hpp"
#include "model/policy/policy_choice.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// Takes no longer than this on the slowest machine: who hangs longer never ends.
constexpr unsigned kPatience = 300;

[[noreturn]] void could_not(std::string_view what) {
  throw CommandError(fmt::format("cannot {}: {}; free processes, memory or descriptors", what,
                                 std::strerror(errno)));
}

/// A file with this text that nobody but the process has.
int memory_file(const std::string& text) {
  const int file = memfd_create("policy", 0);
  const bool whole = fchmod(file, 0600) == 0 && // nobody heeds a policy that everybody may write
                     write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return whole ? file : -1;
}

/// A victim that runs, and where what it prints comes out.
class Run {
public:
  Run(const Victims& victims, const Library& library, const Setup& setup) : setup_(setup) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      could_not("start a victim");
    output_ = Descriptor{ends[0]};
    const Descriptor input{ends[1]};
    child_ = fork();
    if (child_ < 0)
      could_not("start a victim");
    if (child_ == 0)
      become(victims, library, ends[1]);
  }

  Attempts finish() {
    const std::optional<std::string> text = read_all(output_.number());
    int status = 0;
    while (waitpid(child_, &status, 0) < 0)
      if (errno != EINTR)
        could_not("wait for a victim");
    std::optional<Attempts> attempts = text ? parse_attempts(*text) : std::nullopt;
    if (status != 0 || !attempts)
      throw CommandError(
          fmt::format("the victim ran {} and ended early ({}); this host does not let "
                      "it try, or it is not this tool's",
                      setup_.name, ending(status)));
    return std::move(*attempts);
  }

private:
  static std::string ending(int status) {
    return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                               : fmt::format("status {}", WEXITSTATUS(status));
  }

  /// No victim outlives the tool. What may be preloaded besides is no part of what is asked.
  [[noreturn]] void become(const Victims& victims, const Library& library, int output) const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(kPatience);
    dup2(output, STDOUT_FILENO);
    // Where the whole system preloads the library, only a policy keeps it from sealing.
    const int policy = memory_file(
        setup_.policy.value_or(fmt::format("{}[defaults]\nmode = off\n", kPolicyFirstLine)));
    setenv(kPolicyVariable, fmt::format("/proc/self/fd/{}", policy).c_str(), 1);
    const std::string preload = setup_.has_library()
                                    ? preload_value(library.path, victims.library.c_str())
                                    : victims.library;
    setenv("LD_PRELOAD", preload.c_str(), 1);
    if (policy >= 0)
      execl(victims.program.c_str(), victims.program.c_str(), victims.late.c_str(), nullptr);
    _exit(kNotExecutable);
  }

  const Setup& setup_;
  Descriptor output_;
  pid_t child_ = -1;
};

} // namespace

Victims find_victims() {
  const std::filesystem::path own = own_program().parent_path();
  const std::filesystem::path built = (own / "../selftest").lexically_normal();
  const std::filesystem::path installed =
      (own / SEALWAX_LIBRARY_FROM_TOOL / "sealwax").lexically_normal();
  for (const std::filesystem::path& folder : {built, installed}) {
    Victims victims{folder / "selftest-victim", folder / "libselftest-library.so",
                    folder / "libselftest-late.so"};
    if (access(victims.program.c_str(), X_OK) == 0 && access(victims.library.c_str(), R_OK) == 0 &&
        access(victims.late.c_str(), R_OK) == 0)
      return victims;
  }
  throw CommandError(
      fmt::format("cannot find selftest-victim and its libraries: they are neither in "
                  "{} nor in {}; install them with the tool",
                  printable(built.string()), printable(installed.string())));
}

std::vector<Trial> run_trials(const Victims& victims, const Library& library,
                              std::vector<Setup> setups) {
  std::vector<Run> runs;
  runs.reserve(setups.size());
  for (const Setup& setup : setups)
    runs.emplace_back(victims, library, setup);
  std::vector<Trial> trials;
  trials.reserve(setups.size());
  for (std::size_t i = 0; i < setups.size(); ++i)
    trials.push_back({setups[i], runs[i].finish()});
  return trials;
}

} // namespace sealwax::cli
