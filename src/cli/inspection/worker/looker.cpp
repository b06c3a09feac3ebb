// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/worker/looker.hpp"

#include "cli/process/procfs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace sealwax::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Without a step of the worker's: longer than a disk lets anybody wait.
constexpr auto kPatience = 2s;
/// With steps: the largest process that there can be takes a few seconds.
constexpr auto kMostTime = 60s;
constexpr auto kPause = 100ms;

bool send_all(int socket, const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size != 0) {
    const ssize_t sent = send(socket, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0)
      return false;
    at += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

/// In the worker: nothing of what this process has open may stay open beyond it in one that nobody
/// can end, and be it the pipe that somebody reads to its end.
void leave_everything(int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  constexpr int kKept = STDERR_FILENO + 1;
  // First: where whoever asks has no standard streams, it is in the place of one.
  if (socket != kKept && dup2(socket, kKept) < 0)
    _exit(1);
  const int nothing = open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (nothing < 0 || dup2(nothing, standard) < 0)
      close(standard);
  close_range(kKept + 1, ~0U, 0);
  if (chdir("/") != 0)
    _exit(1);
}

[[noreturn]] void work_until_told(int socket, const Work& work) {
  leave_everything(socket);
  constexpr int kSocket = STDERR_FILENO + 1;
  pid_t pid = 0;
  while (recv(kSocket, &pid, sizeof pid, MSG_WAITALL) == sizeof pid) {
    prctl(PR_SET_NAME, worker_name(pid).c_str());
    const std::string answer = work(pid);
    const std::uint64_t size = answer.size();
    if (!send_all(kSocket, &size, sizeof size) || !send_all(kSocket, answer.data(), answer.size()))
      break;
  }
  _exit(0);
}

} // namespace

class Looker::Worker {
public:
  /// Throws ProcessError.
  explicit Worker(const Work& work) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      fail();
    Descriptor there{ends[1]};
    socket_ = Descriptor{ends[0]};
    pid_ = fork();
    if (pid_ < 0)
      fail();
    if (pid_ == 0)
      work_until_told(there.number(), work);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    socket_ = Descriptor{};
    if (pid_ > 0)
      waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// nullopt: it does not come back.
  std::optional<std::string> ask(pid_t target) {
    std::uint64_t size = 0;
    if (!send_all(socket_.number(), &target, sizeof target) || !receive(&size, sizeof size))
      return std::nullopt;
    std::string answer(size, '\0');
    return receive(answer.data(), answer.size()) ? std::optional{std::move(answer)} : std::nullopt;
  }

  /// Whether it is gone; it may stay for good.
  bool give_up() {
    kill(pid_, SIGKILL);
    for (int i = 0; i < 20; ++i, usleep(10000))
      if (waitpid(pid_, nullptr, WNOHANG) != 0) {
        pid_ = 0;
        return true;
      }
    pid_ = 0;
    return false;
  }

private:
  [[noreturn]] static void fail() {
    const int error = errno;
    throw ProcessError(
        ProcessError::Kind::failed,
        fmt::format("cannot start a process that looks: {}; {}", std::strerror(error),
                    error == EMFILE || error == ENFILE ? "raise the limit of open files (ulimit -n)"
                                                       : "end some that run"));
  }

  bool receive(void* into, std::size_t size) {
    auto* at = static_cast<char*>(into);
    const auto end = Clock::now() + kMostTime;
    auto patient_until = Clock::now() + kPatience;
    while (size != 0) {
      pollfd ready{socket_.number(), POLLIN, 0};
      if (poll(&ready, 1, static_cast<int>(kPause.count())) > 0) {
        const ssize_t got = recv(socket_.number(), at, size, 0);
        if (got <= 0)
          return false;
        at += got;
        size -= static_cast<std::size_t>(got);
        patient_until = Clock::now() + kPatience;
      } else if (makes_steps()) {
        patient_until = Clock::now() + kPatience;
      }
      if (Clock::now() > std::min(patient_until, end))
        return false;
    }
    return true;
  }

  /// One that waits for a processor is not stuck, however loaded the host is.
  bool makes_steps() {
    try {
      const ProcessState state = parse_stat(Process{pid_}.text("stat").value_or(""));
      return std::exchange(time_, state.time) != state.time || state.letter == 'R';
    } catch (const ProcessError&) {
      return false;
    }
  }

  Descriptor socket_;
  pid_t pid_ = 0;
  std::uint64_t time_ = 0;
};

Looker::Looker(Work work) : work_(std::move(work)) {}
Looker::~Looker() = default;

void Looker::refuse_known(pid_t pid) const {
  const bool known = std::find(given_up_.begin(), given_up_.end(), pid) != given_up_.end() ||
                     std::any_of(stuck_.begin(), stuck_.end(),
                                 [pid](const StuckWorker& worker) { return worker.target == pid; });
  if (known)
    throw ProcessError(ProcessError::Kind::stuck,
                       fmt::format("process {} is not looked into again: the last look has not "
                                   "come back; end it, or the file system that it waits for",
                                   pid));
}

void Looker::start() {
  stuck_ = stuck_workers();
  if (stuck_.size() < kMostStuckWorkers) {
    worker_ = std::make_unique<Worker>(work_);
    return;
  }
  std::vector<pid_t> pids;
  pids.reserve(stuck_.size());
  for (const StuckWorker& worker : stuck_)
    pids.push_back(worker.pid);
  throw ProcessError(ProcessError::Kind::skipped,
                     fmt::format("{} earlier looks have not come back (PID {}); end the file "
                                 "systems that they wait for",
                                 stuck_.size(), fmt::join(pids, ", ")));
}

std::string Looker::ask(pid_t pid) {
  refuse_known(pid);
  if (!worker_) {
    start();
    refuse_known(pid);
  }
  if (std::optional<std::string> answer = worker_->ask(pid))
    return std::move(*answer);
  given_up_.push_back(pid);
  const pid_t worker = worker_->pid();
  const bool gone = worker_->give_up();
  worker_.reset();
  throw ProcessError(
      ProcessError::Kind::stuck,
      fmt::format("process {} does not let itself be looked into{}", pid,
                  gone ? "" : fmt::format("; PID {} still waits for its memory", worker)));
}

} // namespace sealwax::cli
