// SPDX-License-Identifier: Apache-2.0
#include "tracee_memory.hpp"

#include "cli/arch/arch.hpp"

#include <sys/ptrace.h>
#include <sys/uio.h>

#include <cstdio>
#include <elf.h>
#include <fstream>

namespace sealwax::faults {
namespace {

using cli::arch::Registers;

// A thread that was killed while it stood still answers nothing, and the next wait tells: what
// fails here for that is left at that.

Registers registers_of(pid_t thread) {
  Registers registers{};
  iovec vector{&registers, sizeof registers};
  ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &vector);
  return registers;
}

void set_registers(pid_t thread, Registers registers) {
  iovec vector{&registers, sizeof registers};
  ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &vector);
}

} // namespace

Range text_of_library(pid_t thread, const std::string& file) {
  std::ifstream maps{"/proc/" + std::to_string(thread) + "/maps"};
  for (std::string line; std::getline(maps, line);) {
    Range range{};
    char permissions[5] = {};
    const bool is_its = line.ends_with("/" + file);
    if (is_its &&
        std::sscanf(line.c_str(), "%lx-%lx %4s", &range.begin, &range.end,
                    static_cast<char*>(permissions)) == 3 &&
        permissions[2] == 'x')
      return range;
  }
  return {};
}

std::string read_text(pid_t thread, Address at, std::size_t size) {
  std::string text(size, '\0');
  const iovec here{text.data(), size};
  const iovec there{reinterpret_cast<void*>(at), size};
  const ssize_t got = process_vm_readv(thread, &here, 1, &there, 1, 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

void skip_call(pid_t thread, long answer) {
  Registers registers = registers_of(thread);
  cli::arch::set_answer(registers, answer);
  cli::arch::set_system_call(registers, -1);
  set_registers(thread, registers);
  if constexpr (cli::arch::kSystemCallSet != 0) {
    int none = -1;
    iovec vector{&none, sizeof none};
    ptrace(PTRACE_SETREGSET, thread, cli::arch::kSystemCallSet, &vector);
  }
}

void set_size_argument(pid_t thread, std::size_t size) {
  Registers registers = registers_of(thread);
#if defined(__x86_64__)
  registers.rdx = size;
#elif defined(__aarch64__)
  registers.regs[2] = size;
#endif
  set_registers(thread, registers);
}

void set_answer(pid_t thread, long answer) {
  Registers registers = registers_of(thread);
  cli::arch::set_answer(registers, answer);
  set_registers(thread, registers);
}

void spoil(pid_t thread, Address buffer) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0 || info.exit.rval <= 0)
    return;
  std::string noise(static_cast<std::size_t>(info.exit.rval), '\0');
  unsigned seed = 1;
  for (char& byte : noise) {
    seed = seed * 1103515245U + 12345U;
    byte = static_cast<char>(seed >> 16);
  }
  const iovec here{noise.data(), noise.size()};
  const iovec there{reinterpret_cast<void*>(buffer), noise.size()};
  process_vm_writev(thread, &here, 1, &there, 1, 0);
}

} // namespace sealwax::faults
