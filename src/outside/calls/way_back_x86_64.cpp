// SPDX-License-Identifier: Apache-2.0
// The signal frame of x86-64: arch/x86/include/asm/sigframe.h, struct rt_sigframe.
#include "outside/calls/way_back.hpp"

#include <csignal>
#include <cstring>
#include <elf.h>
#include <ucontext.h>

namespace sealwax::outside {
namespace {

constexpr std::uint64_t kSignalReturnNumber = 15;
/// What a function may use below its stack pointer (System V ABI).
constexpr std::size_t kRedZone = 128;
/// What the processor's extended state has to be aligned to.
constexpr std::size_t kStateAlignment = 64;
/// asm/ucontext.h: the state is of xsave's format, the stack segment is that of the frame.
constexpr unsigned long kExtendedState = 1, kStackSegment = 2, kStrictStackSegment = 4;
/// Where the kernel says which parts of the state there are (struct _fpx_sw_bytes, in front of
/// xsave's header; PTRACE_GETREGSET puts the parts' mask there as well).
constexpr std::size_t kDescription = 464;

constexpr Address down(Address at, std::size_t alignment) {
  return at & ~(Address{alignment} - 1);
}

/// Behind the return address, which rt_sigreturn's caller has taken from the stack.
struct Frame {
  std::uint64_t return_address = 0;
  ucontext_t context{};
};

/// xsave's image with what the kernel wants to see before it believes it. How large it is then; 0:
/// it cannot be had.
std::size_t described_state(TracedThread& thread, Slice<std::byte> state) {
  const std::size_t size = thread.register_set(NT_X86_XSTATE, state);
  if (thread.error() != 0 || size + FP_XSTATE_MAGIC2_SIZE > state.size())
    return 0;
  std::uint64_t parts = 0;
  std::memcpy(&parts, state.data() + kDescription, sizeof parts);
  _fpx_sw_bytes description{};
  description.magic1 = FP_XSTATE_MAGIC1;
  description.extended_size = static_cast<std::uint32_t>(size + FP_XSTATE_MAGIC2_SIZE);
  description.xstate_bv = parts;
  description.xstate_size = static_cast<std::uint32_t>(size);
  std::memcpy(state.data() + kDescription, &description, sizeof description);
  const std::uint32_t end = FP_XSTATE_MAGIC2;
  std::memcpy(state.data() + size, &end, sizeof end);
  return size + sizeof end;
}

void fill(mcontext_t& context, const arch::Registers& from, Address state) {
  const struct {
    int which;
    unsigned long long value;
  } values[] = {
      {REG_R8, from.r8},
      {REG_R9, from.r9},
      {REG_R10, from.r10},
      {REG_R11, from.r11},
      {REG_R12, from.r12},
      {REG_R13, from.r13},
      {REG_R14, from.r14},
      {REG_R15, from.r15},
      {REG_RDI, from.rdi},
      {REG_RSI, from.rsi},
      {REG_RBP, from.rbp},
      {REG_RBX, from.rbx},
      {REG_RDX, from.rdx},
      {REG_RAX, from.rax},
      {REG_RCX, from.rcx},
      {REG_RSP, from.rsp},
      {REG_RIP, from.rip},
      {REG_EFL, from.eflags},
      {REG_CSGSFS, (from.cs & 0xffff) | (from.ss & 0xffff) << 48},
  };
  for (const auto& [which, value] : values)
    context.gregs[which] = static_cast<greg_t>(value);
  context.fpregs = reinterpret_cast<fpregset_t>(state);
}

} // namespace

bool make_way_back(TracedThread& thread, const arch::Registers& registers,
                   std::uint64_t signal_mask, const CallInstructions& instructions, WayBack& back) {
  if (!instructions.lead_back())
    return false;
  std::byte state[WayBack::kMost - 2048];
  const std::size_t state_size = described_state(thread, state);
  if (state_size == 0)
    return false;
  const Address state_at = down(registers.rsp - kRedZone - state_size, kStateAlignment);
  const Address frame_at = down(state_at - sizeof(Frame), 16);
  Frame frame;
  fill(frame.context.uc_mcontext, registers, state_at);
  frame.context.uc_flags = kExtendedState | kStackSegment | kStrictStackSegment;
  std::memcpy(&frame.context.uc_sigmask, &signal_mask, sizeof signal_mask);

  // Where nothing calls rt_sigreturn(2), a return to what takes its number from the stack does.
  const bool direct = instructions.signal_return != 0;
  const std::uint64_t steps[] = {instructions.pop_number, kSignalReturnNumber};
  const std::size_t steps_size = direct ? 0 : sizeof steps;
  frame.return_address = direct ? instructions.signal_return : instructions.call_and_return;
  back.at = frame_at - steps_size;
  back.size = state_at + state_size - back.at;
  if (back.size > sizeof back.bytes)
    return false;
  const auto put = [&back](Address at, const void* what, std::size_t size) {
    std::memcpy(back.bytes + (at - back.at), what, size);
  };
  put(back.at, steps, steps_size);
  put(frame_at, &frame, sizeof frame);
  put(state_at, state, state_size);
  back.registers = registers;
  arch::set_stack_pointer(back.registers, back.at);
  return true;
}

} // namespace sealwax::outside
