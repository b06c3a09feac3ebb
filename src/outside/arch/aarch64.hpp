// SPDX-License-Identifier: Apache-2.0
// What who traces a program has to know about AArch64. Chosen by arch.hpp; what each is for says
// x86_64.hpp.
#pragma once

#include "model/range.hpp"
#include "outside/arch/awaited_call.hpp"

#include <linux/audit.h>
#include <sys/user.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <initializer_list>

namespace sealwax::outside::arch {

[[gnu::always_inline]] inline long system_call(long number, long a, long b, long c, long d, long e,
                                               long f) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
}

/// bti jc; mov x8, #94 (exit_group); mov x0, #125; svc #0
inline constexpr std::array<std::uint8_t, 16> kExit125 = {
    0xdf, 0x24, 0x03, 0xd5, 0xc8, 0x0b, 0x80, 0xd2, 0xa0, 0x0f, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};

using Registers = user_regs_struct;
inline Address program_counter(const Registers& registers) {
  return registers.pc;
}
inline Address stack_pointer(const Registers& registers) {
  return registers.sp;
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

inline void prepare_call(Registers& registers, Address at, long number,
                         const std::array<std::uint64_t, 6>& arguments) {
  registers.pc = at;
  registers.regs[8] = static_cast<unsigned long long>(number);
  for (std::size_t i = 0; i < arguments.size(); ++i)
    registers.regs[i] = arguments[i];
}
/// The kernel has put the registers back before a tracer sees them (arch/arm64/kernel/signal.c,
/// do_signal), but for calls that answer EINTR, whose first argument they have lost.
struct InterruptedCall {
  long number = -1;
  long answer = 0;
  std::uint64_t first_argument = 0;
};
inline constexpr bool kForgetsCalls = true;
inline InterruptedCall interrupted_call(const Registers&) {
  return {};
}
/// Of a thread that was seen waiting in `awaited`, if it has answered EINTR.
inline InterruptedCall interrupted_call(const Registers& registers, const AwaitedCall& awaited) {
  constexpr std::size_t kNumber = 8;
  bool is_it = static_cast<long>(registers.regs[0]) == -EINTR &&
               static_cast<long>(registers.regs[kNumber]) == awaited.number &&
               registers.sp == awaited.stack_pointer && registers.pc == awaited.behind;
  for (std::size_t i = 1; i < awaited.arguments.size(); ++i)
    is_it = is_it && registers.regs[i] == awaited.arguments[i];
  return is_it ? InterruptedCall{awaited.number, -EINTR, awaited.arguments[0]} : InterruptedCall{};
}
/// Makes it again.
inline void repeat_call(Registers& registers, const InterruptedCall& call, long /*number*/) {
  registers.regs[0] = call.first_argument;
  registers.pc -= 4;
}
inline void set_stack_pointer(Registers& registers, Address at) {
  registers.sp = at;
}

/// svc #0; ret
inline constexpr std::array<std::uint8_t, 8> kCallAndReturn = {0x01, 0x00, 0x00, 0xd4,
                                                               0xc0, 0x03, 0x5f, 0xd6};
inline constexpr std::array<std::uint8_t, 4> kCallAlone = {0x01, 0x00, 0x00, 0xd4};
/// mov x8, #139 (rt_sigreturn); svc #0: the vdso has it
inline constexpr std::array<std::uint8_t, 8> kSignalReturn = {0x68, 0x11, 0x80, 0xd2,
                                                              0x01, 0x00, 0x00, 0xd4};

/// Not needed where the vdso has that.
inline constexpr std::array<std::uint8_t, 0> kLongSignalReturn = {};
inline constexpr std::array<std::uint8_t, 0> kPopNumber = {};

/// There is no notice_code().
inline constexpr bool kHasNotice = false;
inline std::array<std::uint8_t, 0> notice_code(int /*process*/, int /*signal*/,
                                               Address /*initialiser*/) {
  return {};
}
inline constexpr std::size_t kNoticeGiven = 0;
inline void leave_notice(Registers& registers, Address initialiser) {
  registers.pc = initialiser;
}

/// Where there is no notice nobody makes one.
class Script {
public:
  static constexpr std::size_t kMostCalls = 0;
  void call(long, std::initializer_list<std::uint64_t>) {}
  void copy(Address, Address, std::size_t) {}
  void finish(int, int) {}
  [[nodiscard]] const std::uint8_t* code() const { return nullptr; }
  [[nodiscard]] std::size_t size() const { return 0; }
  [[nodiscard]] std::size_t end() const { return 0; }
  static void begin(Registers&, Address) {}
  static std::size_t done(const Registers&) { return 0; }
  static long last_answer(const Registers&) { return 0; }
};

/// arch/aarch64/crt_arch.h: mov x29, #0; mov x30, #0; mov x0, sp
inline constexpr std::array<std::uint8_t, 12> kMuslStart = {0x1d, 0x00, 0x80, 0xd2, 0x1e, 0x00,
                                                            0x80, 0xd2, 0xe0, 0x03, 0x00, 0x91};

inline constexpr unsigned kMachine = EM_AARCH64;

} // namespace sealwax::outside::arch
