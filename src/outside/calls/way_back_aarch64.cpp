// SPDX-License-Identifier: Apache-2.0
// The signal frame of AArch64: arch/arm64/kernel/signal.c, struct rt_sigframe.
#include "outside/calls/way_back.hpp"

#include <asm/sigcontext.h>
#include <sys/user.h>

#include <csignal>
#include <cstring>
#include <elf.h>
#include <ucontext.h>

namespace sealwax::outside {
namespace {

struct Frame {
  siginfo_t info{};
  ucontext_t context{};
};

/// The floating point registers, as the one record that the kernel insists on.
fpsimd_context floating_point(TracedThread& thread) {
  user_fpsimd_struct registers{};
  (void)thread.register_set(NT_PRFPREG,
                            {reinterpret_cast<std::byte*>(&registers), sizeof registers});
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

bool make_way_back(TracedThread& thread, const arch::Registers& registers,
                   std::uint64_t signal_mask, const CallInstructions& instructions, WayBack& back) {
  if (instructions.call_and_return == 0 || instructions.signal_return == 0)
    return false;
  Frame frame;
  mcontext_t& context = frame.context.uc_mcontext;
  std::memcpy(context.regs, registers.regs, sizeof context.regs);
  context.sp = registers.sp;
  context.pc = registers.pc;
  context.pstate = registers.pstate;
  const fpsimd_context record = floating_point(thread);
  std::memcpy(context.__reserved, &record, sizeof record);
  std::memcpy(&frame.context.uc_sigmask, &signal_mask, sizeof signal_mask);

  back.at = (registers.sp - sizeof frame) & ~Address{15};
  back.size = sizeof frame;
  static_assert(sizeof frame <= sizeof back.bytes);
  std::memcpy(back.bytes, &frame, sizeof frame);
  back.registers = registers;
  arch::set_stack_pointer(back.registers, back.at);
  constexpr std::size_t kLinkRegister = 30;
  back.registers.regs[kLinkRegister] = instructions.signal_return;
  return thread.error() == 0;
}

} // namespace sealwax::outside
