// What is done about a memory call that a seal refused, or would have.
#pragma once

#include "model/refusal.hpp"
#include "shim/state/range_table.hpp"

namespace sealwax::shim {

/// What of a call `mode = audit` has to tell. Found before the call, told after it: the call may
/// take away what it is found by.
struct AuditFinding {
  const NamedRange* hit = nullptr; ///< sealing would have refused the call for this one
  bool exec_gain = false;          ///< `exec-gain = deny` would have refused it
  [[nodiscard]] bool any() const { return hit != nullptr || exec_gain; }
};

/// Looks a call up before it is made. In a program that nothing is audited in this is two loads.
/// Async-signal-safe; no lock; no system call unless something is found.
[[nodiscard]] AuditFinding look_before(const MemoryCall& call);

/// Tells of a finding, once a calling place and region. False: there is none.
bool tell_finding(const AuditFinding& finding, const MemoryCall& call, Address caller);

/// Called where the kernel answered EPERM: tells of it, if a seal was the reason, as the policy
/// wants, and ends the process where it wants that. False: no seal was.
bool after_refusal(const MemoryCall& call, Address caller);

/// Called where the kernel answered EACCES to a call that asked for executable memory: tells of it,
/// if `exec-gain = deny` was the reason.
void after_exec_denial(const MemoryCall& call, Address caller);

/// Whether this library has sealed what is at `at`. No lock and no system call.
[[nodiscard]] bool has_sealed(Address at);

/// Whether a process descriptor stands for this process; false where that cannot be told.
[[nodiscard]] bool is_this_process(int descriptor);

/// Whether the policy can want code sealed that the program maps from files by itself.
[[nodiscard]] bool may_seal_mapped_code();
/// The program has made a mapping executable: seals it if it is of a file and the policy wants it.
void seal_mapped_code(PageRange range);

/// A library that stays loaded is what a path leads to from then on; if another file is there by
/// the time that the path is opened again, the program gets the old one, and this says so.
void tell_reopened(const char* path, Address caller);

/// At the end of the process: how often each place that was told of once came by again.
void tell_counts();

} // namespace sealwax::shim
