// SPDX-License-Identifier: Apache-2.0
#include "cli/tracing/tracee.hpp"

#include <fmt/format.h>
#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <elf.h>
#include <sched.h>

namespace sealwax::cli {
namespace {

[[noreturn]] void fail(const char* what) {
  const std::string message = fmt::format("cannot {}: {}", what, std::strerror(errno));
  if (errno == ESRCH)
    throw TraceeGone(message);
  throw std::runtime_error(message);
}

template <typename Type>
iovec whole(Type& object) {
  return {&object, sizeof object};
}

} // namespace

pid_t wait_awake(pid_t thread, int& status) {
  constexpr int kLooks = 200;
  for (int looks = 0; looks < kLooks; ++looks) {
    if (const pid_t id = waitpid(thread, &status, __WALL | WNOHANG); id != 0)
      return id;
    sched_yield(); // they may have one processor between them
  }
  pid_t id = 0;
  do
    id = waitpid(thread, &status, __WALL);
  while (id < 0 && errno == EINTR);
  return id;
}

void Tracee::resume(int request, int signal) const {
  if (ptrace(static_cast<__ptrace_request>(request), thread_, 0, signal) != 0 && errno != ESRCH)
    fail("let the program go on");
}

arch::Registers Tracee::registers() const {
  arch::Registers registers;
  iovec vector = whole(registers);
  if (ptrace(PTRACE_GETREGSET, thread_, NT_PRSTATUS, &vector) != 0)
    fail("read the program's registers");
  return registers;
}

void Tracee::set_registers(const arch::Registers& registers) const {
  arch::Registers copy = registers;
  iovec vector = whole(copy);
  if (ptrace(PTRACE_SETREGSET, thread_, NT_PRSTATUS, &vector) != 0)
    fail("set the program's registers");
}

std::vector<std::byte> Tracee::register_set(unsigned type) const {
  // More than any processor has; the kernel says how much of it is.
  std::vector<std::byte> set(std::size_t{64} << 10);
  iovec vector{set.data(), set.size()};
  if (ptrace(PTRACE_GETREGSET, thread_, type, &vector) != 0)
    fail("read the program's registers");
  set.resize(vector.iov_len);
  return set;
}

void Tracee::set_program_counter(Address at) const {
  arch::Registers registers = this->registers();
  arch::set_program_counter(registers, at);
  set_registers(registers);
}

std::uint64_t Tracee::signal_mask() const {
  std::uint64_t mask = 0;
  if (ptrace(PTRACE_GETSIGMASK, thread_, sizeof mask, &mask) != 0)
    fail("read the program's signal mask");
  return mask;
}

void Tracee::set_signal_mask(std::uint64_t mask) const {
  if (ptrace(PTRACE_SETSIGMASK, thread_, sizeof mask, &mask) != 0)
    fail("set the program's signal mask");
}

siginfo_t Tracee::signal_info() const {
  siginfo_t info{};
  if (ptrace(PTRACE_GETSIGINFO, thread_, 0, &info) != 0)
    fail("read the program's signal");
  return info;
}

pid_t Tracee::event_message() const {
  unsigned long message = 0;
  if (ptrace(PTRACE_GETEVENTMSG, thread_, 0, &message) != 0)
    fail("read what happened to the program");
  return static_cast<pid_t>(message);
}

SystemCall Tracee::system_call() const {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread_, sizeof info, &info) <= 0)
    fail("read the program's system call");
  SystemCall call;
  call.native = info.arch == arch::kAuditArchitecture;
  call.number = info.seccomp.nr;
  std::copy(std::begin(info.seccomp.args), std::end(info.seccomp.args), call.arguments);
  call.instruction = info.instruction_pointer;
  call.filter_data = info.seccomp.ret_data;
  return call;
}

bool Tracee::has_made_its_call() const {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread_, sizeof info, &info) <= 0)
    fail("read the program's system call");
  return info.op == PTRACE_SYSCALL_INFO_EXIT;
}

long Tracee::answer() const {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread_, sizeof info, &info) <= 0)
    fail("read the answer to the program's system call");
  return static_cast<long>(info.exit.rval);
}

void Tracee::answer_in_place_of_kernel(long answer) const {
  // seccomp(2), SECCOMP_RET_TRACE: with the number -1 the call is skipped, and what the tracer has
  // put where the answer goes is the answer.
  arch::Registers registers = this->registers();
  arch::set_answer(registers, answer);
  arch::set_system_call(registers, -1);
  set_registers(registers);
  if constexpr (arch::kSystemCallSet != 0) {
    int none = -1;
    iovec vector = whole(none);
    if (ptrace(PTRACE_SETREGSET, thread_, arch::kSystemCallSet, &vector) != 0)
      fail("skip the program's system call");
  }
}

bool Tracee::read(Address at, std::span<std::byte> into) const {
  try {
    const std::vector<std::uint8_t> bytes = peek(at, into.size());
    std::memcpy(into.data(), bytes.data(), bytes.size());
    return true;
  } catch (const TraceeGone&) {
    throw;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::vector<std::uint8_t> Tracee::peek(Address at, std::size_t size) const {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t done = 0; done < size;) {
    Word word = read_word(at + done);
    const std::size_t count = std::min(word.usable, size - done);
    std::memcpy(bytes.data() + done, word.bytes + word.skip, count);
    done += count;
  }
  return bytes;
}

void Tracee::poke(Address at, std::span<const std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    Word word = read_word(at);
    const std::size_t count = std::min(word.usable, bytes.size());
    std::memcpy(word.bytes + word.skip, bytes.data(), count);
    long value = 0;
    std::memcpy(&value, word.bytes, sizeof value);
    if (ptrace(PTRACE_POKEDATA, thread_, at - word.skip, value) != 0)
      fail("write to the program's memory");
    at += count;
    bytes = bytes.subspan(count);
  }
}

Tracee::Word Tracee::read_word(Address at) const {
  Word word{};
  word.skip = at % sizeof word.bytes;
  word.usable = sizeof word.bytes - word.skip;
  errno = 0;
  const long value = ptrace(PTRACE_PEEKDATA, thread_, at - word.skip, 0);
  if (errno != 0)
    fail("read the program's memory");
  std::memcpy(word.bytes, &value, sizeof value);
  return word;
}

} // namespace sealwax::cli
