// SPDX-License-Identifier: Apache-2.0
// What enforcing would have refused, for `mode = audit`.
#pragma once

#include "model/report/refusal.hpp"
#include "shim/state/range_table.hpp"

namespace sealwax::shim {

/// What is to be said of one call. Found before the call, reported after it: the call may take away
/// what it is found by.
struct AuditVerdict {
  const NamedRange* would_refuse = nullptr; ///< sealing would have refused the call for this one
  bool gains_exec = false;                  ///< `exec-gain = deny` would have refused it
  [[nodiscard]] bool any() const { return would_refuse != nullptr || gains_exec; }
};

/// Judges a call before it is made. Async-signal-safe; no lock;
/// no system call unless something is found.
[[nodiscard]] AuditVerdict audit_call(const MemoryCall& call);

/// Reports what was found, once a calling place and region. False: nothing was.
bool report_audited_call(const AuditVerdict& verdict, const MemoryCall& call, Address caller);

} // namespace sealwax::shim
