// SPDX-License-Identifier: Apache-2.0
// What is done about a memory call that was refused.
#pragma once

#include "model/report/refusal.hpp"

namespace sealwax::shim {

/// Called where the kernel answered EPERM, or madvise is about to: if a seal is the reason, reports
/// it as the policy wants, and ends the process where it wants that. False: no seal is.
bool answer_refusal(const MemoryCall& call, Address caller);

/// Called where the kernel answered EACCES to a call that asked for executable memory: reports it,
/// if `exec-gain = deny` was the reason.
void answer_exec_denial(const MemoryCall& call, Address caller);

} // namespace sealwax::shim
