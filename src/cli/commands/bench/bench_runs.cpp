// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/bench/bench_runs.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/system/descriptor.hpp"
#include "cli/system/preload_list.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace sealwax::cli {
namespace {

using Values = std::array<double, kMeasureNames.size()>;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// LD_PRELOAD as it is, but for the library.
void set_bare_environment() {
  const char* present = std::getenv("LD_PRELOAD");
  if (present == nullptr)
    return;
  std::string others;
  for (const std::string& entry : preload_entries(present))
    if (!is_sealwax(entry))
      others += (others.empty() ? "" : ":") + entry;
  if (others.empty())
    unsetenv("LD_PRELOAD");
  else
    setenv("LD_PRELOAD", others.c_str(), 1);
}

Descriptor open_or_throw(const std::string& path, int flags) {
  Descriptor file{open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0666)};
  if (!file.open())
    throw CommandError(fmt::format("cannot open {}: {}; name another file", printable(path),
                                   std::strerror(errno)));
  return file;
}

/// `name` says how the run was made.
std::string failure(const BenchRuns& runs, int status, std::string_view name) {
  const std::string how = WIFSIGNALED(status)
                              ? fmt::format("was killed by signal {}", WTERMSIG(status))
                              : fmt::format("ended with status {}", WEXITSTATUS(status));
  return fmt::format("{} {} in a run {} the library; mend that first, and see what it prints with "
                     "--output /dev/stderr",
                     printable(runs.program), how, name);
}

class Runner {
public:
  explicit Runner(const BenchRuns& runs)
      : runs_(runs), input_(open_or_throw("/dev/null", O_RDONLY)),
        output_(open_or_throw(runs.output, O_WRONLY | O_CREAT | O_APPEND)) {}

  Values run(bool sealed) const {
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = start(sealed);
    int status = 0;
    rusage usage{};
    while (wait4(child, &status, 0, &usage) < 0)
      if (errno != EINTR)
        throw CommandError(fmt::format("cannot wait for a run: {}", std::strerror(errno)));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    if (status != 0)
      throw CommandError(failure(runs_, status, sealed ? "with" : "without"));
    return {wall.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime),
            static_cast<double>(usage.ru_maxrss) * 1024};
  }

private:
  /// Not by vfork(2) or what is made of it: the peak memory of a process that shared this one's
  /// is at least this one's (fs/exec.c, setmax_mm_hiwater_rss).
  pid_t start(bool sealed) const {
    const pid_t child = fork();
    if (child < 0)
      throw CommandError(
          fmt::format("cannot start a run: {}; free processes or memory", std::strerror(errno)));
    if (child == 0)
      become(sealed);
    return child;
  }

  [[noreturn]] void become(bool sealed) const {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // no run outlives the bench
    dup2(input_.number(), STDIN_FILENO);
    dup2(output_.number(), STDOUT_FILENO);
    dup2(output_.number(), STDERR_FILENO);
    set_bare_environment();
    if (sealed)
      set_launch_environment(runs_.library, runs_.launch);
    try {
      execute(runs_.program, runs_.command);
    } catch (const CommandError& error) {
      complain("{}", error.what());
      _exit(error.code());
    }
  }

  const BenchRuns& runs_;
  Descriptor input_;
  Descriptor output_;
};

void note(std::array<std::vector<double>, kMeasureNames.size()>& samples, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    samples[i].push_back(values[i]);
}

} // namespace

Samples run_pairs(const BenchRuns& runs, const std::function<void(std::size_t)>& progress) {
  const Runner runner{runs};
  (void)runner.run(false);
  (void)runner.run(true);
  Samples samples;
  for (std::size_t pair = 0; pair < runs.pairs; ++pair) {
    for (const bool sealed : {pair % 2 != 0, pair % 2 == 0})
      note(sealed ? samples.with : samples.without, runner.run(sealed));
    progress(pair + 1);
  }
  return samples;
}

} // namespace sealwax::cli
