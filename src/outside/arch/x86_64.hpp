// SPDX-License-Identifier: Apache-2.0
// What who traces a program has to know about x86-64. Chosen by arch.hpp.
#pragma once

#include "model/range.hpp"
#include "outside/arch/awaited_call.hpp"

#include <linux/audit.h>
#include <sys/user.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <initializer_list>

namespace sealwax::outside::arch {

/// A system call of this process's own: the psABI, A.2 "AMD64 Linux Kernel Conventions". Never a
/// function: a child that shares the caller's stack would return from it in its parent's place.
[[gnu::always_inline]] inline long system_call(long number, long a, long b, long c, long d, long e,
                                               long f) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

/// endbr64; mov $231, %eax (exit_group); mov $125, %edi; syscall
inline constexpr std::array<std::uint8_t, 16> kExit125 = {
    0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0xbf, 0x7d, 0x00, 0x00, 0x00, 0x0f, 0x05};

using Registers = user_regs_struct;
inline Address program_counter(const Registers& registers) {
  return registers.rip;
}
inline Address stack_pointer(const Registers& registers) {
  return registers.rsp;
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

/// Instructions, as bytes that may begin anywhere: syscall; ret
inline constexpr std::array<std::uint8_t, 3> kCallAndReturn = {0x0f, 0x05, 0xc3};
/// syscall
inline constexpr std::array<std::uint8_t, 2> kCallAlone = {0x0f, 0x05};
/// mov $15, %eax (rt_sigreturn); syscall. With a 64-bit mov it ends the same way.
inline constexpr std::array<std::uint8_t, 7> kSignalReturn = {0xb8, 0x0f, 0x00, 0x00,
                                                              0x00, 0x0f, 0x05};
inline constexpr std::array<std::uint8_t, 9> kLongSignalReturn = {0x48, 0xc7, 0xc0, 0x0f, 0x00,
                                                                  0x00, 0x00, 0x0f, 0x05};
/// pop %rax; ret
inline constexpr std::array<std::uint8_t, 2> kPopNumber = {0x58, 0xc3};

/// Makes a stopped thread make a system call once it goes on, by the instruction at `at`. A call
/// that it was interrupted in is forgotten (orig_rax, arch/x86/kernel/signal.c).
inline void prepare_call(Registers& registers, Address at, long number,
                         const std::array<std::uint64_t, 6>& arguments) {
  registers.rip = at;
  registers.orig_rax = ~0ULL;
  registers.rax = static_cast<unsigned long long>(number);
  registers.rdi = arguments[0];
  registers.rsi = arguments[1];
  registers.rdx = arguments[2];
  registers.r10 = arguments[3];
  registers.r8 = arguments[4];
  registers.r9 = arguments[5];
}
/// What a thread's registers say of a system call that a tracer's stop has interrupted.
struct InterruptedCall {
  long number = -1;
  long answer = 0; ///< as the kernel has it inside: -ERESTARTSYS and its kin, or an answer
};
inline InterruptedCall interrupted_call(const Registers& registers) {
  return {static_cast<long>(registers.orig_rax), static_cast<long>(registers.rax)};
}
inline constexpr bool kForgetsCalls = false;
inline InterruptedCall interrupted_call(const Registers& registers, const AwaitedCall&) {
  return interrupted_call(registers);
}
/// Makes the call again, with `number` in place of its own.
inline void repeat_call(Registers& registers, const InterruptedCall&, long number) {
  registers.rax = static_cast<unsigned long long>(number);
  registers.orig_rax = ~0ULL;
  registers.rip -= kCallAlone.size();
}
inline void set_stack_pointer(Registers& registers, Address at) {
  registers.rsp = at;
}

/// Whether there is a notice_code().
inline constexpr bool kHasNotice = true;
/// A function that sends `signal` to the process that it is in, and goes on as `initialiser` with
/// the arguments that it got: endbr64; mov %rdi, %r8; mov %rsi, %r9; mov %rdx, %r10;
/// tgkill(process, process, signal); mov %r8, %rdi; mov %r9, %rsi; mov %r10, %rdx; movabs
/// $initialiser, %rax; jmp *%rax
inline std::array<std::uint8_t, 56> notice_code(int process, int signal, Address initialiser) {
  std::array<std::uint8_t, 56> code = {
      0xf3, 0x0f, 0x1e, 0xfa, 0x49, 0x89, 0xf8, 0x49, 0x89, 0xf1, 0x49, 0x89, 0xd2, 0xbf,
      0,    0,    0,    0,    0xbe, 0,    0,    0,    0,    0xba, 0,    0,    0,    0,
      0xb8, 0xea, 0,    0,    0,    0x0f, 0x05, 0x4c, 0x89, 0xc7, 0x4c, 0x89, 0xce, 0x4c,
      0x89, 0xd2, 0x48, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xe0};
  constexpr std::size_t kProcess = 14, kThread = 19, kSignal = 24, kInitialiser = 46;
  __builtin_memcpy(&code[kProcess], &process, sizeof process);
  __builtin_memcpy(&code[kThread], &process, sizeof process);
  __builtin_memcpy(&code[kSignal], &signal, sizeof signal);
  __builtin_memcpy(&code[kInitialiser], &initialiser, sizeof initialiser);
  return code;
}
/// Where it stands, from its begin, when it has sent the signal.
inline constexpr std::size_t kNoticeGiven = 35;
/// From there to the initialiser, as if it had been called itself.
inline void leave_notice(Registers& registers, Address initialiser) {
  registers.rdi = registers.r8;
  registers.rsi = registers.r9;
  registers.rdx = registers.r10;
  registers.rip = initialiser;
}

/// Instructions that make several calls one behind the other, until one fails, and then raise a
/// signal. Behind it a return leads on to where the stack says. How many calls did not fail, and
/// what the last one answered, are in two registers.
class Script {
public:
  static constexpr std::size_t kMostCalls = 6;

  /// With the arguments that it heeds, zeroes too.
  void call(long number, std::initializer_list<std::uint64_t> arguments) {
    constexpr std::uint8_t kArguments[][2] = {{0x48, 0xbf}, {0x48, 0xbe}, {0x48, 0xba},
                                              {0x49, 0xba}, {0x49, 0xb8}, {0x49, 0xb9}};
    std::size_t argument = 0;
    for (const std::uint64_t value : arguments)
      put_wide(kArguments[argument++], value);
    make(number);
    // mov %rax, %r14; cmp $-4095, %rax; jae the end; inc %r15
    put({0x49, 0x89, 0xc6, 0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff, 0x0f, 0x83});
    jumps_[jump_count_++] = size_;
    put({0, 0, 0, 0, 0x49, 0xff, 0xc7});
  }
  /// Copies memory: rep movsb.
  void copy(Address to, Address from, std::size_t size) {
    put_wide({0x48, 0xbf}, to);
    put_wide({0x48, 0xbe}, from);
    put_wide({0x48, 0xb9}, size);
    put({0xf3, 0xa4});
  }
  /// The end: tgkill(process, process, signal); ret
  void finish(int process, int signal) {
    for (std::size_t i = 0; i < jump_count_; ++i) {
      const auto distance = static_cast<std::int32_t>(size_ - jumps_[i] - sizeof(std::int32_t));
      __builtin_memcpy(code_ + jumps_[i], &distance, sizeof distance);
    }
    put_narrow(0xbf, process);
    put_narrow(0xbe, process);
    put_narrow(0xba, signal);
    make(234);
    put({0xc3});
  }
  [[nodiscard]] const std::uint8_t* code() const { return code_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Where it stands, from its begin, when it has raised the signal: on the return.
  [[nodiscard]] std::size_t end() const { return size_ - 1; }

  static void begin(Registers& registers, Address at) {
    registers.rip = at;
    registers.orig_rax = ~0ULL;
    registers.r15 = 0;
  }
  static std::size_t done(const Registers& registers) { return registers.r15; }
  static long last_answer(const Registers& registers) { return static_cast<long>(registers.r14); }

private:
  void put(std::initializer_list<std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes)
      code_[size_++] = byte;
  }
  void put_wide(const std::uint8_t (&instruction)[2], std::uint64_t value) {
    put({instruction[0], instruction[1]});
    __builtin_memcpy(code_ + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  void put_narrow(std::uint8_t instruction, int value) {
    put({instruction});
    __builtin_memcpy(code_ + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  void make(long number) {
    put_narrow(0xb8, static_cast<int>(number));
    put({0x0f, 0x05});
  }

  static constexpr std::size_t kMostBytes = 1024;
  std::uint8_t code_[kMostBytes];
  std::size_t size_ = 0;
  std::size_t jumps_[kMostCalls] = {};
  std::size_t jump_count_ = 0;
};

/// How musl's programs begin (arch/x86_64/crt_arch.h): xor %rbp, %rbp; mov %rsp, %rdi;
/// lea _DYNAMIC(%rip), %rsi
inline constexpr std::array<std::uint8_t, 9> kMuslStart = {0x48, 0x31, 0xed, 0x48, 0x89,
                                                           0xe7, 0x48, 0x8d, 0x35};

/// The `e_machine` of the programs that these are for.
inline constexpr unsigned kMachine = EM_X86_64;

} // namespace sealwax::outside::arch
