// SPDX-License-Identifier: Apache-2.0
// The signal frame of x86-64: arch/x86/include/asm/sigframe.h, struct rt_sigframe.
#include "cli/injection/way_back.hpp"

#include <csignal>
#include <cstring>
#include <elf.h>
#include <ucontext.h>

namespace sealwax::cli {
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

/// xsave's image with what the kernel wants to see before it believes it.
std::vector<std::byte> described_state(const Tracee& thread) {
  std::vector<std::byte> state = thread.register_set(NT_X86_XSTATE);
  const std::size_t size = state.size();
  std::uint64_t parts = 0;
  std::memcpy(&parts, state.data() + kDescription, sizeof parts);
  _fpx_sw_bytes description{};
  description.magic1 = FP_XSTATE_MAGIC1;
  description.extended_size = static_cast<std::uint32_t>(size + FP_XSTATE_MAGIC2_SIZE);
  description.xstate_bv = parts;
  description.xstate_size = static_cast<std::uint32_t>(size);
  std::memcpy(state.data() + kDescription, &description, sizeof description);
  const std::uint32_t end = FP_XSTATE_MAGIC2;
  state.resize(size + sizeof end);
  std::memcpy(state.data() + size, &end, sizeof end);
  return state;
}

void fill(mcontext_t& context, const arch::Registers& from, Address state) {
  const std::pair<int, unsigned long long> values[] = {
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

std::optional<WayBack> way_back(const Tracee& thread, const arch::Registers& registers,
                                std::uint64_t signal_mask, const CallInstructions& instructions) {
  if (!instructions.lead_back())
    return std::nullopt;
  const std::vector<std::byte> state = described_state(thread);
  const Address state_at = down(registers.rsp - kRedZone - state.size(), kStateAlignment);
  const Address frame_at = down(state_at - sizeof(Frame), 16);
  Frame frame;
  fill(frame.context.uc_mcontext, registers, state_at);
  frame.context.uc_flags = kExtendedState | kStackSegment | kStrictStackSegment;
  std::memcpy(&frame.context.uc_sigmask, &signal_mask, sizeof signal_mask);

  // Where nothing calls rt_sigreturn(2), a return to what takes its number from the stack does.
  std::vector<std::uint64_t> steps;
  if (instructions.signal_return != 0) {
    frame.return_address = instructions.signal_return;
  } else {
    frame.return_address = instructions.call_and_return;
    steps = {instructions.pop_number, kSignalReturnNumber};
  }
  WayBack back;
  back.at = frame_at - steps.size() * sizeof(std::uint64_t);
  back.bytes.resize(state_at + state.size() - back.at);
  const auto put = [&back](Address at, const void* what, std::size_t size) {
    std::memcpy(back.bytes.data() + (at - back.at), what, size);
  };
  put(back.at, steps.data(), steps.size() * sizeof(std::uint64_t));
  put(frame_at, &frame, sizeof frame);
  put(state_at, state.data(), state.size());
  back.registers = registers;
  arch::set_stack_pointer(back.registers, back.at);
  return back;
}

} // namespace sealwax::cli
