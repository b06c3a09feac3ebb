// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/deploy/trial.hpp"

#include "cli/commands/deploy/trial_confinement.hpp"
#include "cli/commands/deploy/trial_mounts.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/system/descriptor.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <initializer_list>
#include <iterator>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace sealwax::cli {
namespace {

constexpr uid_t kNobody = 65534;
constexpr std::chrono::seconds kPatience{20}; ///< each of the programs takes a few milliseconds

/// The files of a system, by the paths that its own programs have for them.
class System {
public:
  explicit System(const std::string& root) : root_(root == "/" ? "" : root) {}

  [[nodiscard]] std::string outside(const std::string& path) const { return root_ + path; }
  /// Whether ld.so loads it: nothing in its /etc/ld.so.preload matters to any other file.
  [[nodiscard]] bool has_dynamic(const std::string& path) const {
    const std::optional<ElfFile> elf = read_elf_file(outside(path));
    return elf && !elf->interpreter.empty();
  }
  [[nodiscard]] bool has_setuid(const std::string& path) const {
    struct stat status = {};
    return stat(outside(path).c_str(), &status) == 0 && (status.st_mode & S_ISUID) != 0 &&
           has_dynamic(path);
  }

private:
  std::string root_;
};

/// What PID 1 runs; on a disk that is mounted somewhere, what it would run.
std::string first_process(const std::string& root) {
  std::error_code error;
  if (root == "/")
    if (std::string path = std::filesystem::read_symlink("/proc/1/exe", error); !path.empty())
      return path;
  return "/sbin/init";
}

void add_first_process(const std::string& root, std::vector<TrialProgram>& programs) {
  const std::string path = first_process(root);
  const System system{root};
  if (!system.has_dynamic(path))
    return;
  std::error_code error;
  const std::string name =
      std::filesystem::canonical(system.outside(path), error).filename().string();
  TrialProgram program{path + " (PID 1's)", {path}};
  // These do not start another system when they are asked for their version. Of others nobody
  // knows.
  if (name == "systemd" || name == "init")
    program.command.emplace_back("--version");
  else
    program.only_loaded = true;
  programs.push_back(std::move(program));
}

void add_setuid(const System& system, std::vector<TrialProgram>& programs) {
  for (const char* path : {"/bin/su", "/usr/bin/su", "/bin/mount", "/usr/bin/mount"})
    if (system.has_setuid(path)) {
      programs.push_back({fmt::format("{} (setuid)", path), {path, "--version"}, true, true});
      break;
    }
  if (constexpr const char* kSudo = "/usr/bin/sudo"; system.has_setuid(kSudo))
    programs.push_back({fmt::format("{} (setuid)", kSudo), {kSudo, "--version"}, true, true});
}

/// Starts the C library itself, a program that says its version: it is always there. The folders
/// are those of Debian's two packages of it, and that of other distributions.
void add_32_bit(const System& system, std::vector<TrialProgram>& programs) {
  for (const char* path : {"/lib32/libc.so.6", "/lib/i386-linux-gnu/libc.so.6", "/lib/libc.so.6"}) {
    const std::optional<ElfFile> elf = read_elf_file(system.outside(path));
    if (!elf || elf->elf_class != ELFCLASS32 || elf->interpreter.empty())
      continue;
    programs.push_back({fmt::format("{} (32-bit)", path), {elf->interpreter, path}});
    return;
  }
}

/// Two ends, through which nothing of a file is reached.
struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw CommandError(
          fmt::format("cannot make a pipe: {}; nothing was changed", std::strerror(errno)));
    reading = Descriptor{ends[0]};
    writing = Descriptor{ends[1]};
  }

  Descriptor reading;
  Descriptor writing;
};

/// What a program writes into one of its streams, as far as anybody wants to know it.
class Written {
public:
  Written() { fcntl(pipe_.reading.number(), F_SETFL, O_NONBLOCK); }

  [[nodiscard]] const Descriptor& theirs() const { return pipe_.writing; }
  [[nodiscard]] pollfd awaited() const { return {pipe_.reading.number(), POLLIN, 0}; }
  /// Takes what is there, which is a full pipe at most: who writes on and on is not waited for.
  void take() {
    std::array<char, 16384> buffer;
    ssize_t size = 1;
    for (std::size_t taken = 0; taken < kLargestPipe && size > 0; taken += buffer.size()) {
      size = read_some(pipe_.reading.number(), buffer);
      if (size > 0)
        text_.append(buffer.data(),
                     std::min(static_cast<std::size_t>(size), kMostKept - text_.size()));
    }
  }
  std::string text() && { return std::move(text_); }

private:
  static constexpr std::size_t kMostKept = std::size_t{1} << 20U;
  static constexpr std::size_t kLargestPipe = std::size_t{1} << 20U; ///< fs.pipe-max-size's default

  Pipe pipe_;
  std::string text_;
};

/// Not without root's rights, nor in a user namespace that has no such user.
bool can_become_nobody() {
  setfsuid(kNobody);
  return setfsuid(geteuid()) == static_cast<int>(kNobody) && geteuid() == 0;
}

bool become_nobody() {
  return setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
         setresuid(kNobody, kNobody, kNobody) == 0;
}

[[noreturn]] void become(const TrialProgram& program, bool trusted, const Descriptor& input,
                         const Written& out, const Written& err) {
  setsid(); // Whatever it starts can be ended with it.
  dup2(input.number(), STDIN_FILENO);
  dup2(out.theirs().number(), STDOUT_FILENO);
  dup2(err.theirs().number(), STDERR_FILENO);
  const bool changed = close_range(STDERR_FILENO + 1, ~0U, 0) == 0 &&
                       (trusted || leave_nothing_to_gain(program.setuid)) &&
                       (!program.as_nobody || become_nobody());
  std::vector<char*> arguments;
  arguments.reserve(program.command.size() + 1);
  for (const std::string& argument : program.command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const char* environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                               program.only_loaded ? "LD_TRACE_LOADED_OBJECTS=1" : nullptr,
                               nullptr};
  if (changed)
    execve(arguments[0], arguments.data(), const_cast<char**>(environment));
  dprintf(STDERR_FILENO, "%s\n", std::strerror(errno));
  _exit(127);
}

std::string describe_end(int status) {
  if (WIFEXITED(status))
    return fmt::format("exited with {}", WEXITSTATUS(status));
  return fmt::format("died of signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

/// Waits for the child, but not for ever: a program that hangs with the library is a finding.
std::string wait_for(pid_t child, Written& out, Written& err) {
  const Descriptor process{static_cast<int>(syscall(SYS_pidfd_open, child, 0))};
  using Clock = std::chrono::steady_clock;
  using std::chrono::milliseconds;
  const auto deadline = Clock::now() + kPatience;
  bool ended = false;
  while (!ended && Clock::now() < deadline) {
    pollfd events[] = {{process.number(), POLLIN, 0}, out.awaited(), err.awaited()};
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (poll(events, std::size(events), static_cast<int>(left.count())) < 0 && errno != EINTR)
      break;
    ended = events[0].revents != 0;
    out.take();
    err.take();
  }
  kill(-child, SIGKILL); // and what it may have left behind
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return ended ? describe_end(status) : fmt::format("did not end in {} s", kPatience.count());
}

TrialOutcome run_program(const TrialProgram& program, bool trusted) {
  Pipe input;
  Written out;
  Written err;
  const pid_t child = fork();
  if (child == 0)
    become(program, trusted, input.reading, out, err);
  if (child < 0)
    throw CommandError(fmt::format("cannot start {}: {}; nothing was changed", program.name,
                                   std::strerror(errno)));
  input.writing = Descriptor{};
  TrialOutcome outcome;
  outcome.end = wait_for(child, out, err);
  outcome.out = std::move(out).text();
  outcome.err = std::move(err).text();
  return outcome;
}

/// What the process in the trial's mounts tells the one outside.
nlohmann::json run_inside(const std::string& root, const std::optional<std::string>& text,
                          const std::vector<TrialProgram>& programs) {
  if (const std::string problem = enter_trial_mounts(root, text); !problem.empty())
    return {{"problem", problem}};
  nlohmann::json outcomes = nlohmann::json::array();
  for (const TrialProgram& program : programs) {
    const TrialOutcome outcome = run_program(program, root == "/");
    outcomes.push_back({{"end", outcome.end}, {"out", outcome.out}, {"err", outcome.err}});
  }
  return {{"outcomes", outcomes}};
}

[[noreturn]] void tell(const Descriptor& pipe, const nlohmann::json& document) {
  const std::string text = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t size = write(pipe.number(), rest.data(), rest.size());
    if (size <= 0)
      _exit(1);
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  _exit(0);
}

std::vector<TrialOutcome> understand(const std::string& told) {
  const nlohmann::json document = nlohmann::json::parse(told, nullptr, false);
  if (document.is_discarded())
    throw CommandError("the trial ended without a result; nothing was changed");
  if (document.contains("problem"))
    throw CommandError(document["problem"].get<std::string>());
  std::vector<TrialOutcome> outcomes;
  for (const nlohmann::json& one : document["outcomes"])
    outcomes.push_back({one["end"], one["out"], one["err"]});
  return outcomes;
}

std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')));
}

/// The first line of `after` that `before` does not begin with too.
std::string new_line(const std::string& before, const std::string& after) {
  std::size_t same = 0;
  while (same < before.size() && same < after.size() && before[same] == after[same])
    ++same;
  const std::size_t begin = same == 0 ? std::string::npos : after.rfind('\n', same - 1);
  return first_line(after.substr(begin == std::string::npos ? 0 : begin + 1));
}

} // namespace

std::vector<TrialProgram> trial_programs(const std::string& root) {
  const System system{root};
  const bool nobody_too = can_become_nobody();
  std::vector<TrialProgram> programs;
  for (const char* path : {"/bin/true", "/usr/bin/env"})
    if (system.has_dynamic(path)) {
      programs.push_back({path, {path}});
      if (nobody_too)
        programs.push_back({fmt::format("{} (by nobody)", path), {path}, true});
      break;
    }
  if (constexpr const char* kShell = "/bin/sh"; system.has_dynamic(kShell))
    programs.push_back({kShell, {kShell, "-c", "/bin/true && exit 3"}});
  if (nobody_too)
    add_setuid(system, programs);
  add_first_process(root, programs);
  if (constexpr const char* kCat = "/bin/cat"; system.has_dynamic(kCat)) {
    TrialProgram program{kCat, {kCat, "/proc/self/maps"}};
    program.tells_objects = true;
    programs.push_back(std::move(program));
  }
  add_32_bit(system, programs);
  return programs;
}

std::vector<TrialOutcome> try_preload(const std::string& root,
                                      const std::optional<std::string>& text,
                                      const std::vector<TrialProgram>& programs) {
  Pipe told;
  const pid_t child = fork();
  if (child == 0) {
    try {
      tell(told.writing, run_inside(root, text, programs));
    } catch (const std::exception& error) {
      tell(told.writing, {{"problem", error.what()}});
    }
  }
  if (child < 0)
    throw CommandError(
        fmt::format("cannot make a process: {}; nothing was changed", std::strerror(errno)));
  told.writing = Descriptor{};
  const std::string text_told = read_all(told.reading.number()).value_or("");
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return understand(text_told);
}

std::string trial_problem(const TrialProgram& program, const TrialOutcome& before,
                          const TrialOutcome& after, std::string_view library) {
  if (after.end != before.end)
    return fmt::format("{} {}, where it {} without", program.name, after.end, before.end);
  if (after.err != before.err)
    return fmt::format("{} says '{}' on stderr", program.name, new_line(before.err, after.err));
  if (program.tells_objects && after.out.find(library) == std::string::npos)
    return fmt::format("{} does not load the library", program.name);
  if (!program.tells_objects && !program.only_loaded && after.out != before.out)
    return fmt::format("{} says '{}' on stdout", program.name, new_line(before.out, after.out));
  return {};
}

} // namespace sealwax::cli
