// SPDX-License-Identifier: Apache-2.0
#include "shim/report/audit.hpp"

#include "shim/kernel/maps.hpp"
#include "shim/report/call_report.hpp"
#include "shim/state/refusing_range.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {
namespace {

/// What can be unloaded may have been, and somebody else's memory be there now.
bool is_still_there(const NamedRange& entry) {
  if (!entry.can_be_unloaded)
    return true;
  Vma vma;
  Maps maps{state.kernel};
  return maps.find(entry.range.begin, Maps::Match::covering, vma) && vma.file.inode == entry.inode;
}

/// Whether a denial of new code would refuse it, as far as memory tells that is there now.
bool would_gain_exec(const MemoryCall& call) {
  if (frozen.process.exec_gain == ExecGain::closed && is_closed_to(call))
    return true;
  if (!gains_exec(call, false) || facts_of(call.function).replaces)
    return gains_exec(call, false);
  Vma vma;
  Maps maps{state.kernel};
  return maps.find(call.affected[0].range.begin, Maps::Match::covering, vma) &&
         gains_exec(call, vma.executable);
}

} // namespace

AuditVerdict audit_call(const MemoryCall& call) {
  AuditVerdict verdict;
  verdict.would_refuse = range_refusing(call, NamedRange::audited);
  if (verdict.would_refuse != nullptr && !is_still_there(*verdict.would_refuse))
    verdict.would_refuse = nullptr;
  verdict.gains_exec = frozen.process.mode == Mode::audit &&
                       frozen.process.exec_gain != ExecGain::allow && would_gain_exec(call);
  return verdict;
}

bool report_audited_call(const AuditVerdict& verdict, const MemoryCall& call, Address caller) {
  if (verdict.would_refuse != nullptr)
    report_call({caller, verdict.would_refuse, "would-refuse", name_of(call.function), "audit"},
                &call);
  if (verdict.gains_exec)
    report_call({caller, nullptr, "exec-gain", name_of(call.function), "audit"}, &call);
  return verdict.any();
}

} // namespace sealwax::shim
