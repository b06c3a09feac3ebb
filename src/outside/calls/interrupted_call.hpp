// SPDX-License-Identifier: Apache-2.0
// System calls that a tracer's stop has interrupted.
#pragma once

#include "outside/arch/arch.hpp"

#include <optional>

namespace sealwax::outside {

/// With which registers a thread goes on as if it had not been stopped in a call.
struct GoingOn {
  arch::Registers now; ///< put into it while it is stopped
  arch::Registers
      alone; ///< where it gets there by rt_sigreturn(2), which forgets how far it had come
};

/// Of a thread that has stopped with `registers` in `call` and was made to do something else
/// meanwhile, so that the kernel does not repeat its call by itself. `signal_awaits`: one that it
/// does not block.
[[nodiscard]] GoingOn going_on(const arch::Registers& registers, const arch::InterruptedCall& call,
                               bool signal_awaits);

/// Of a thread under a seccomp filter, as soon as it has stopped. What the kernel goes on with by
/// restart_syscall(2), a wait for a time, begins anew: a filter need not allow that call, which no
/// program makes (OpenSSH's, before it knows its user, kills for it). nullopt: it is as it is to
/// be.
[[nodiscard]] std::optional<arch::Registers> begun_anew(const arch::Registers& registers,
                                                        const arch::InterruptedCall& call);

/// Of a thread that did nothing else meanwhile; nullopt: as it is. The kernel repeats most calls by
/// itself; those that answer EINTR to a stop without a signal are to be repeated for it.
[[nodiscard]] std::optional<arch::Registers> repeated_for_it(const arch::Registers& registers,
                                                             const arch::InterruptedCall& call,
                                                             bool signal_awaits);

} // namespace sealwax::outside
