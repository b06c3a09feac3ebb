// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/facts/seccomp_filter.hpp"

#include "cli/arch/arch.hpp"
#include "cli/system/kernel_probe.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

namespace sealwax::cli {
namespace {

/// The machine that a filter runs on: accumulator, index and sixteen words of memory.
class FilterMachine {
public:
  FilterMachine(std::span<const sock_filter> program, const seccomp_data& call)
      : program_(program), call_(call) {}

  std::optional<std::uint32_t> run() {
    while (at_ < program_.size()) {
      const sock_filter& step = program_[at_++];
      if (BPF_CLASS(step.code) == BPF_RET)
        return BPF_RVAL(step.code) == BPF_A ? accumulator_ : step.k;
      if (!execute(step))
        return std::nullopt;
    }
    return std::nullopt;
  }

private:
  bool execute(const sock_filter& step) {
    switch (BPF_CLASS(step.code)) {
    case BPF_LD:
      return load(step, accumulator_);
    case BPF_LDX:
      return load(step, index_);
    case BPF_ST:
      return store(step.k, accumulator_);
    case BPF_STX:
      return store(step.k, index_);
    case BPF_ALU:
      return calculate(step);
    case BPF_JMP:
      return jump(step);
    case BPF_MISC:
      (BPF_MISCOP(step.code) == BPF_TAX ? index_ : accumulator_) =
          BPF_MISCOP(step.code) == BPF_TAX ? accumulator_ : index_;
      return true;
    default:
      return false;
    }
  }

  bool load(const sock_filter& step, std::uint32_t& into) const {
    switch (BPF_MODE(step.code)) {
    case BPF_IMM:
      into = step.k;
      return true;
    case BPF_LEN:
      into = sizeof call_;
      return true;
    case BPF_MEM:
      if (step.k < memory_.size())
        into = memory_[step.k];
      return step.k < memory_.size();
    case BPF_ABS:
      if (step.k % 4 != 0 || step.k > sizeof call_ - 4)
        return false;
      std::memcpy(&into, reinterpret_cast<const char*>(&call_) + step.k, 4);
      return true;
    default:
      return false;
    }
  }

  bool store(std::uint32_t slot, std::uint32_t value) {
    if (slot < memory_.size())
      memory_[slot] = value;
    return slot < memory_.size();
  }

  std::uint32_t operand(const sock_filter& step) const {
    return BPF_SRC(step.code) == BPF_X ? index_ : step.k;
  }

  bool calculate(const sock_filter& step) {
    const std::uint32_t value = operand(step);
    switch (BPF_OP(step.code)) {
    case BPF_ADD:
      accumulator_ += value;
      return true;
    case BPF_SUB:
      accumulator_ -= value;
      return true;
    case BPF_MUL:
      accumulator_ *= value;
      return true;
    case BPF_DIV:
      accumulator_ = value == 0 ? 0 : accumulator_ / value;
      return value != 0;
    case BPF_AND:
      accumulator_ &= value;
      return true;
    case BPF_OR:
      accumulator_ |= value;
      return true;
    case BPF_XOR:
      accumulator_ ^= value;
      return true;
    case BPF_LSH:
      accumulator_ = value < 32 ? accumulator_ << value : 0;
      return true;
    case BPF_RSH:
      accumulator_ = value < 32 ? accumulator_ >> value : 0;
      return true;
    case BPF_NEG:
      accumulator_ = 0 - accumulator_;
      return true;
    default:
      return false;
    }
  }

  /// Forwards only, so that every filter ends.
  bool jump(const sock_filter& step) {
    const std::uint32_t value = operand(step);
    switch (BPF_OP(step.code)) {
    case BPF_JA:
      at_ += step.k;
      return true;
    case BPF_JEQ:
      at_ += accumulator_ == value ? step.jt : step.jf;
      return true;
    case BPF_JGT:
      at_ += accumulator_ > value ? step.jt : step.jf;
      return true;
    case BPF_JGE:
      at_ += accumulator_ >= value ? step.jt : step.jf;
      return true;
    case BPF_JSET:
      at_ += (accumulator_ & value) != 0 ? step.jt : step.jf;
      return true;
    default:
      return false;
    }
  }

  std::span<const sock_filter> program_;
  const seccomp_data& call_;
  std::size_t at_ = 0;
  std::uint32_t accumulator_ = 0;
  std::uint32_t index_ = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> memory_{};
};

seccomp_data mseal_call() {
  seccomp_data call{};
  call.nr = static_cast<int>(kMseal);
  call.arch = arch::kAuditArchitecture;
  call.instruction_pointer = 0x7f0000001000;
  call.args[0] = 0x7f0000000000;
  call.args[1] = 0x1000;
  return call;
}

/// A process held by ptrace(2) until the end of a scope.
class Held {
public:
  explicit Held(pid_t pid) : pid_(pid) {
    if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0)
      return;
    stopped_ = ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0 && wait_until_stopped();
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  /// A process that would not stop is let go by the kernel when this one ends.
  ~Held() {
    if (stopped_)
      ptrace(PTRACE_DETACH, pid_, nullptr, signal_);
  }

  [[nodiscard]] bool stopped() const { return stopped_; }

  /// The filter that was installed as `number`th from the last. Empty: there is none, or errno.
  [[nodiscard]] std::vector<sock_filter> filter(unsigned long number) const {
    const long size = ptrace(PTRACE_SECCOMP_GET_FILTER, pid_, number, nullptr);
    std::vector<sock_filter> steps(static_cast<std::size_t>(std::max(size, 0L)));
    if (!steps.empty() && ptrace(PTRACE_SECCOMP_GET_FILTER, pid_, number, steps.data()) != size)
      steps.clear();
    return steps;
  }

private:
  /// Not for ever: a process can wait for a device that never answers.
  bool wait_until_stopped() {
    constexpr timespec kPause{0, 1'000'000};
    for (int attempt = 0; attempt < 1000; ++attempt) {
      int status = 0;
      const pid_t found = waitpid(pid_, &status, WNOHANG | __WALL);
      if (found == pid_ && WIFSTOPPED(status)) {
        // A signal that was on its way is handed on; the stop asked for is none.
        signal_ = status >> 16 == 0 ? WSTOPSIG(status) : 0;
        return true;
      }
      if (found != 0)
        return false;
      nanosleep(&kPause, nullptr);
    }
    return false;
  }

  pid_t pid_;
  bool stopped_ = false;
  long signal_ = 0;
};

} // namespace

std::optional<std::uint32_t> run_filter(std::span<const sock_filter> program,
                                        const seccomp_data& call) {
  return FilterMachine{program, call}.run();
}

FilterAnswer answer_of(std::uint32_t action) {
  switch (action & SECCOMP_RET_ACTION_FULL) {
  case SECCOMP_RET_ALLOW:
  case SECCOMP_RET_LOG:
    return FilterAnswer::allows;
  case SECCOMP_RET_ERRNO:
    return FilterAnswer::refuses;
  case SECCOMP_RET_TRACE:
  case SECCOMP_RET_USER_NOTIF:
    return FilterAnswer::unknown;
  default:
    // An action that the kernel does not know kills too.
    return FilterAnswer::kills;
  }
}

FilterAnswer ask_filters(pid_t pid) {
  const Held process{pid};
  if (!process.stopped())
    return FilterAnswer::unknown;
  const seccomp_data call = mseal_call();
  std::uint32_t strictest = SECCOMP_RET_ALLOW;
  for (unsigned long number = 0;; ++number) {
    errno = 0;
    const std::vector<sock_filter> steps = process.filter(number);
    if (steps.empty())
      return number != 0 && errno == ENOENT ? answer_of(strictest) : FilterAnswer::unknown;
    const std::optional<std::uint32_t> action = run_filter(steps, call);
    if (!action)
      return FilterAnswer::unknown;
    // The kernel compares actions as signed numbers: killing the process is the smallest.
    if (static_cast<std::int32_t>(*action & SECCOMP_RET_ACTION_FULL) <
        static_cast<std::int32_t>(strictest & SECCOMP_RET_ACTION_FULL))
      strictest = *action;
  }
}

} // namespace sealwax::cli
