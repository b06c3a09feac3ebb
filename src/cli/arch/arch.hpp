// What the tracer has to know about a processor.
#pragma once

#include "model/range.hpp"

#include <linux/audit.h>
#include <sys/user.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <elf.h>

namespace sealwax::cli::arch {

#if defined(__x86_64__)

/// int3, after which the processor is one byte further.
inline constexpr std::array<std::uint8_t, 1> kBreakpoint = {0xcc};
inline constexpr std::size_t kStepsPast = 1;

/// endbr64; mov $231, %eax (exit_group); mov $125, %edi; syscall
inline constexpr std::array<std::uint8_t, 16> kExit125 = {
    0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0xbf, 0x7d, 0x00, 0x00, 0x00, 0x0f, 0x05};

using Registers = user_regs_struct;
inline Address program_counter(const Registers& registers) {
  return registers.rip;
}
inline void set_program_counter(Registers& registers, Address at) {
  registers.rip = at;
}

/// As PTRACE_GET_SYSCALL_INFO names the way in which 64-bit programs make system calls.
inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_X86_64;
inline void set_answer(Registers& registers, long answer) {
  registers.rax = static_cast<unsigned long long>(answer);
}
inline void set_system_call(Registers& registers, long number) {
  registers.orig_rax = static_cast<unsigned long long>(number);
}
/// The register set that holds the number alone; 0: it is among the others.
inline constexpr unsigned kSystemCallSet = 0;

#elif defined(__aarch64__)

/// brk #0, little-endian as all instructions are; the processor stays on it.
inline constexpr std::array<std::uint8_t, 4> kBreakpoint = {0x00, 0x00, 0x20, 0xd4};
inline constexpr std::size_t kStepsPast = 0;

/// bti jc; mov x8, #94 (exit_group); mov x0, #125; svc #0
inline constexpr std::array<std::uint8_t, 16> kExit125 = {
    0xdf, 0x24, 0x03, 0xd5, 0xc8, 0x0b, 0x80, 0xd2, 0xa0, 0x0f, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};

using Registers = user_regs_struct;
inline Address program_counter(const Registers& registers) {
  return registers.pc;
}
inline void set_program_counter(Registers& registers, Address at) {
  registers.pc = at;
}

inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_AARCH64;
inline void set_answer(Registers& registers, long answer) {
  registers.regs[0] = static_cast<unsigned long long>(answer);
}
inline void set_system_call(Registers&, long) {}
inline constexpr unsigned kSystemCallSet = NT_ARM_SYSTEM_CALL;

#endif

} // namespace sealwax::cli::arch
