// SPDX-License-Identifier: Apache-2.0
#include "traced_run.hpp"

#include "cli/arch/arch.hpp"
#include "marks.h"
#include "tracee_memory.hpp"

#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <unistd.h>
#include <utility>

namespace sealwax::faults {
namespace {

constexpr unsigned kPatience = 20; // seconds
constexpr int kSystemCallStop = SIGTRAP | 0x80;

/// What is to be done at the end of a call that a thread is making.
struct Pending {
  Answer answer;
  Address buffer = 0;
};

/// Where a process writes to.
class Output {
public:
  Output() : descriptor_(memfd_create("output", MFD_CLOEXEC)) {}
  ~Output() { close(descriptor_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string text() const {
    std::string text(static_cast<std::size_t>(lseek(descriptor_, 0, SEEK_END)), '\0');
    const ssize_t got = pread(descriptor_, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

private:
  int descriptor_;
};

[[noreturn]] void become(const Command& command, int output, int errors) {
  std::vector<char*> words, environment;
  for (const std::string& word : command.words)
    words.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : command.environment)
    environment.push_back(const_cast<char*>(variable.c_str()));
  words.push_back(nullptr);
  environment.push_back(nullptr);
  dup2(open("/dev/null", O_RDWR | O_CLOEXEC), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  personality(ADDR_NO_RANDOMIZE); // every run makes the same calls
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  raise(SIGSTOP);
  execve(words[0], words.data(), environment.data());
  _exit(127);
}

class Tracer {
public:
  Tracer(const std::string& library, const std::vector<Fault>& faults, Outcome& outcome)
      : library_(library), faults_(faults), outcome_(outcome) {}

  void follow(pid_t program);

private:
  void at_stop(pid_t thread, int status);
  void at_call(pid_t thread);
  void at_entry(pid_t thread, const __ptrace_syscall_info& info);
  void at_exit(pid_t thread);
  void fail(pid_t thread, const __ptrace_syscall_info& info, const Fault& fault);
  [[nodiscard]] const Fault* fault_of(std::size_t call) const;
  void resume(pid_t thread, int signal) const {
    ptrace(looking_ ? PTRACE_CONT : PTRACE_SYSCALL, thread, 0, signal);
  }

  const std::string& library_;
  const std::vector<Fault>& faults_;
  Outcome& outcome_;
  Range text_{};
  bool in_main_ = false;
  bool own_call_ = false;
  bool looking_ = false;
  std::map<pid_t, Pending> pending_;
  std::vector<pid_t> met_;
};

const Fault* Tracer::fault_of(std::size_t call) const {
  for (const Fault& fault : faults_)
    if (fault.call == call)
      return &fault;
  return nullptr;
}

void Tracer::fail(pid_t thread, const __ptrace_syscall_info& info, const Fault& fault) {
  const auto number = static_cast<long>(info.entry.nr);
  const std::span<const Answer> answers = answers_to(number);
  if (answers.empty())
    return;
  const Answer answer = answers[fault.choice % answers.size()];
  const bool first =
      std::count_if(outcome_.calls.begin(), outcome_.calls.end(), [&](const LibraryCall& call) {
        return call.number == number && call.thread == thread;
      }) == 1;
  outcome_.done.push_back({fault.call, number, first, answer});
  switch (answer.kind) {
  case Answer::error:
    skip_call(thread, -answer.number);
    return;
  case Answer::empty:
    skip_call(thread, 0);
    return;
  case Answer::cut:
    set_size_argument(thread, 1);
    return;
  case Answer::error_after:
  case Answer::garbage:
    pending_[thread] = {answer, info.entry.args[1]};
  }
}

void Tracer::at_entry(pid_t thread, const __ptrace_syscall_info& info) {
  const auto number = static_cast<long>(info.entry.nr);
  if (number == SYS_close) {
    in_main_ |= static_cast<int>(info.entry.args[0]) == mark_of_main;
    own_call_ |= static_cast<int>(info.entry.args[0]) == mark_of_own_call;
    looking_ |= static_cast<int>(info.entry.args[0]) == mark_of_looking;
  }
  if (text_.end == 0)
    text_ = text_of_library(thread, library_);
  if (!text_.contains(info.instruction_pointer))
    return;
  const std::size_t call = outcome_.calls.size();
  const bool is_own = std::exchange(own_call_, false);
  outcome_.calls.push_back({number, in_main_, thread, is_own});
  if (const Fault* const fault = fault_of(call); fault != nullptr && !is_own) {
    fail(thread, info, *fault);
  } else if (number == SYS_sendto && info.entry.args[4] != 0) {
    outcome_.journal += read_text(thread, info.entry.args[1], info.entry.args[2]) + "\n";
    skip_call(thread, static_cast<long>(info.entry.args[2]));
  }
}

void Tracer::at_exit(pid_t thread) {
  const auto found = pending_.find(thread);
  if (found == pending_.end())
    return;
  const Pending pending = found->second;
  pending_.erase(found);
  if (pending.answer.kind == Answer::garbage)
    spoil(thread, pending.buffer);
  else
    set_answer(thread, -pending.answer.number);
}

void Tracer::at_call(pid_t thread) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0)
    return; // it was killed
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
    at_entry(thread, info);
  else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
    at_exit(thread);
}

void Tracer::at_stop(pid_t thread, int status) {
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  int passed_on = 0;
  if (signal == kSystemCallStop)
    at_call(thread);
  else if (event == PTRACE_EVENT_EXEC)
    text_ = Range{};
  else if (event == 0 && std::find(met_.begin(), met_.end(), thread) != met_.end())
    passed_on = signal; // the first is the stop in which a new thread begins
  met_.push_back(thread);
  resume(thread, passed_on);
}

void Tracer::follow(pid_t program) {
  int status = 0;
  waitpid(program, &status, 0);
  ptrace(PTRACE_SETOPTIONS, program, 0,
         PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
             PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
  met_.push_back(program);
  resume(program, 0);
  for (pid_t thread = 0; (thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
    if (thread < 0) { // patience has ended
      kill(program, SIGKILL);
      outcome_.status = "still running";
    } else if (WIFSTOPPED(status)) {
      at_stop(thread, status);
    } else if (thread == program && outcome_.status.empty()) {
      outcome_.status = WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status))
                                          : "killed by " + std::to_string(WTERMSIG(status));
    }
  }
}

} // namespace

Outcome run(const Command& command, const std::string& library, const std::vector<Fault>& faults) {
  Outcome outcome;
  const Output output;
  int errors[2];
  if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0)
    std::abort();
  const pid_t program = fork();
  if (program == 0)
    become(command, output.descriptor(), errors[1]);
  close(errors[1]);
  struct sigaction interrupt = {};
  interrupt.sa_handler = [](int) {};
  sigaction(SIGALRM, &interrupt, nullptr);
  alarm(kPatience);
  Tracer{library, faults, outcome}.follow(program);
  alarm(0);
  outcome.output = output.text();
  char block[4096];
  for (ssize_t got = 0; (got = read(errors[0], block, sizeof block)) > 0;)
    outcome.errors.append(block, static_cast<std::size_t>(got));
  close(errors[0]);
  return outcome;
}

} // namespace sealwax::faults
