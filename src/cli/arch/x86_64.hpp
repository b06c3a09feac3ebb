// What the tool has to know about x86-64. Chosen by arch.hpp.
#pragma once

#include "model/range.hpp"

#include <linux/audit.h>
#include <sys/user.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli::arch {

/// Where Debian has the libraries for this processor.
inline constexpr const char* kLibraryFolder = "/usr/lib/x86_64-linux-gnu";

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

/// Which of glibc-hwcaps this machine has, the best first: those of the psABI's levels by the
/// features that tell them apart.
inline std::vector<std::string_view> library_levels() {
  const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  std::vector<std::string_view> levels;
  for (const auto& [usable, name] :
       {std::pair{v4, "x86-64-v4"}, std::pair{v3, "x86-64-v3"}, std::pair{v2, "x86-64-v2"}})
    if (usable)
      levels.emplace_back(name);
  return levels;
}

/// The `e_machine` of the programs that these are for.
inline constexpr unsigned kMachine = EM_X86_64;

} // namespace sealwax::cli::arch
