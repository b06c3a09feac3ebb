// SPDX-License-Identifier: Apache-2.0
#include "outside/calls/traced_thread.hpp"

#include "outside/kernel/kernel_call.hpp"
#include "outside/kernel/proc_text.hpp"

#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>

namespace sealwax::outside {
namespace {

template <typename Type>
iovec whole(Type& object) {
  return {&object, sizeof object};
}

long wait_for(int thread, int& status, int options) {
  return kernel_call(SYS_wait4, thread, address_of(&status), options);
}

} // namespace

long wait_awake(int thread, int& status) {
  constexpr int kLooks = 200;
  for (int looks = 0; looks < kLooks; ++looks) {
    if (const long id = wait_for(thread, status, __WALL | WNOHANG); id != 0)
      return id;
    kernel_call(SYS_sched_yield); // they may have one processor between them
  }
  return wait_asleep(thread, status);
}

long wait_asleep(int thread, int& status) {
  long id = 0;
  do
    id = wait_for(thread, status, __WALL);
  while (id == -EINTR);
  return id;
}

void TracedThread::fail(const char* step, long answer) {
  if (error_ != 0)
    return;
  error_ = static_cast<int>(-answer);
  step_ = step;
}

/// The kernel's answer; where it has failed before, nothing is asked, and 0.
long TracedThread::request(int request, long address, long data, const char* step) {
  if (error_ != 0)
    return 0;
  const long answer = kernel_call(SYS_ptrace, request, thread_, address, data);
  if (call_failed(answer))
    fail(step, answer);
  return answer;
}

void TracedThread::resume(int request, int signal) {
  in_exec_ = false;
  const long answer = kernel_call(SYS_ptrace, request, thread_, 0, signal);
  if (call_failed(answer) && answer != -ESRCH)
    fail("let the program go on", answer);
}

arch::Registers TracedThread::registers() {
  arch::Registers registers{};
  iovec vector = whole(registers);
  request(PTRACE_GETREGSET, NT_PRSTATUS, address_of(&vector), "read the program's registers");
  return registers;
}

void TracedThread::set_registers(const arch::Registers& registers) {
  arch::Registers copy = registers;
  iovec vector = whole(copy);
  request(PTRACE_SETREGSET, NT_PRSTATUS, address_of(&vector), "set the program's registers");
}

std::size_t TracedThread::register_set(unsigned type, Slice<std::byte> into) {
  iovec vector{into.data(), into.size()};
  request(PTRACE_GETREGSET, type, address_of(&vector), "read the program's registers");
  return vector.iov_len;
}

std::uint64_t TracedThread::signal_mask() {
  std::uint64_t mask = 0;
  request(PTRACE_GETSIGMASK, sizeof mask, address_of(&mask), "read the program's signal mask");
  return mask;
}

void TracedThread::set_signal_mask(std::uint64_t mask) {
  request(PTRACE_SETSIGMASK, sizeof mask, address_of(&mask), "set the program's signal mask");
}

siginfo_t TracedThread::signal_info() {
  siginfo_t info{};
  request(PTRACE_GETSIGINFO, 0, address_of(&info), "read the program's signal");
  return info;
}

int TracedThread::event_message() {
  unsigned long message = 0;
  request(PTRACE_GETEVENTMSG, 0, address_of(&message), "read what happened to the program");
  return static_cast<int>(message);
}

template <typename Info>
void TracedThread::call_info(Info& info, const char* step) {
  if (request(PTRACE_GET_SYSCALL_INFO, sizeof info, address_of(&info), step) == 0)
    fail(step, -EIO);
}

SystemCall TracedThread::system_call() {
  __ptrace_syscall_info info{};
  call_info(info, "read the program's system call");
  SystemCall call;
  call.native = info.arch == arch::kAuditArchitecture;
  call.number = info.seccomp.nr;
  for (std::size_t i = 0; i < sizeof call.arguments / sizeof *call.arguments; ++i)
    call.arguments[i] = info.seccomp.args[i];
  call.instruction = info.instruction_pointer;
  call.filter_data = info.seccomp.ret_data;
  return call;
}

bool TracedThread::has_made_its_call() {
  __ptrace_syscall_info info{};
  call_info(info, "read the program's system call");
  return info.op == PTRACE_SYSCALL_INFO_EXIT;
}

long TracedThread::answer() {
  __ptrace_syscall_info info{};
  call_info(info, "read the answer to the program's system call");
  return error_ != 0 ? -error_ : static_cast<long>(info.exit.rval);
}

void TracedThread::answer_in_place_of_kernel(long answer) {
  // seccomp(2), SECCOMP_RET_TRACE: with the number -1 the call is skipped, and what the tracer has
  // put where the answer goes is the answer.
  arch::Registers registers = this->registers();
  arch::set_answer(registers, answer);
  arch::set_system_call(registers, -1);
  set_registers(registers);
  if constexpr (arch::kSystemCallSet != 0) {
    int none = -1;
    iovec vector = whole(none);
    request(PTRACE_SETREGSET, arch::kSystemCallSet, address_of(&vector),
            "skip the program's system call");
  }
}

bool TracedThread::read(Address at, Slice<std::byte> into) {
  // What the program itself can read goes in one call; the rest by words.
  const iovec here{into.data(), into.size()}, there{reinterpret_cast<void*>(at), into.size()};
  if (error_ == 0 && kernel_call(SYS_process_vm_readv, thread_, address_of(&here), 1,
                                 address_of(&there), 1) == static_cast<long>(into.size()))
    return true;
  for (std::size_t done = 0; done < into.size() && error_ == 0;) {
    const std::size_t skip = (at + done) % sizeof(long);
    const std::size_t usable = sizeof(long) - skip, left = into.size() - done;
    long word = 0;
    const long answer = kernel_call(SYS_ptrace, PTRACE_PEEKDATA, thread_,
                                    static_cast<long>(at + done - skip), address_of(&word));
    if (answer == -ESRCH)
      fail("read the program's memory", answer);
    if (call_failed(answer))
      return false;
    const std::size_t count = usable < left ? usable : left;
    std::memcpy(into.data() + done, reinterpret_cast<const std::byte*>(&word) + skip, count);
    done += count;
  }
  return error_ == 0;
}

/// False: the kernel does not let a tracer, or there is no /proc.
bool TracedThread::poke_by_file(Address at, Slice<const std::uint8_t> bytes) const {
  const File memory{ProcPath{thread_, "mem"}.text(), O_RDWR};
  return memory.open() && kernel_call(SYS_pwrite64, memory.number(), address_of(bytes.data()),
                                      static_cast<long>(bytes.size()),
                                      static_cast<long>(at)) == static_cast<long>(bytes.size());
}

void TracedThread::poke(Address at, Slice<const std::uint8_t> bytes) {
  constexpr std::size_t kFewWords = 4 * sizeof(long);
  if (error_ == 0 && bytes.size() > kFewWords && poke_by_file(at, bytes))
    return;
  for (std::size_t done = 0; done < bytes.size() && error_ == 0;) {
    const std::size_t skip = (at + done) % sizeof(long);
    const std::size_t usable = sizeof(long) - skip, left = bytes.size() - done;
    const std::size_t count = usable < left ? usable : left;
    const auto place = static_cast<long>(at + done - skip);
    long word = 0;
    if (count < sizeof word)
      request(PTRACE_PEEKDATA, place, address_of(&word), "read the program's memory");
    std::memcpy(reinterpret_cast<std::byte*>(&word) + skip, bytes.data() + done, count);
    request(PTRACE_POKEDATA, place, word, "write to the program's memory");
    done += count;
  }
}

bool TracedThread::write(Address at, Slice<const std::byte> bytes) {
  for (std::size_t done = 0; done < bytes.size() && error_ == 0;) {
    const iovec here{const_cast<std::byte*>(bytes.data()) + done, bytes.size() - done};
    const iovec there{reinterpret_cast<void*>(at + done), bytes.size() - done};
    const long written =
        kernel_call(SYS_process_vm_writev, thread_, address_of(&here), 1, address_of(&there), 1);
    if (written <= 0)
      return false;
    done += static_cast<std::size_t>(written);
  }
  return error_ == 0;
}

} // namespace sealwax::outside
