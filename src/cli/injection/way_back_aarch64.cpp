// SPDX-License-Identifier: Apache-2.0
// The signal frame of AArch64: arch/arm64/kernel/signal.c, struct rt_sigframe.
#include "cli/injection/way_back.hpp"

#include <asm/sigcontext.h>
#include <sys/user.h>

#include <csignal>
#include <cstring>
#include <elf.h>
#include <ucontext.h>

namespace sealwax::cli {
namespace {

struct Frame {
  siginfo_t info{};
  ucontext_t context{};
};

/// The floating point registers, as the one record that the kernel insists on.
fpsimd_context floating_point(const Tracee& thread) {
  const std::vector<std::byte> set = thread.register_set(NT_PRFPREG);
  user_fpsimd_struct registers{};
  std::memcpy(&registers, set.data(), std::min(sizeof registers, set.size()));
  fpsimd_context record{};
  record.head.magic = FPSIMD_MAGIC;
  record.head.size = sizeof record;
  record.fpsr = registers.fpsr;
  record.fpcr = registers.fpcr;
  static_assert(sizeof record.vregs == sizeof registers.vregs);
  std::memcpy(record.vregs, registers.vregs, sizeof record.vregs);
  return record;
}

} // namespace

std::optional<WayBack> way_back(const Tracee& thread, const arch::Registers& registers,
                                std::uint64_t signal_mask, const CallInstructions& instructions) {
  if (instructions.call_and_return == 0 || instructions.signal_return == 0)
    return std::nullopt;
  Frame frame;
  mcontext_t& context = frame.context.uc_mcontext;
  std::memcpy(context.regs, registers.regs, sizeof context.regs);
  context.sp = registers.sp;
  context.pc = registers.pc;
  context.pstate = registers.pstate;
  const fpsimd_context record = floating_point(thread);
  std::memcpy(context.__reserved, &record, sizeof record);
  std::memcpy(&frame.context.uc_sigmask, &signal_mask, sizeof signal_mask);

  WayBack back;
  back.at = (registers.sp - sizeof frame) & ~Address{15};
  back.bytes.resize(sizeof frame);
  std::memcpy(back.bytes.data(), &frame, sizeof frame);
  back.registers = registers;
  arch::set_stack_pointer(back.registers, back.at);
  constexpr std::size_t kLinkRegister = 30;
  back.registers.regs[kLinkRegister] = instructions.signal_return;
  return back;
}

} // namespace sealwax::cli
