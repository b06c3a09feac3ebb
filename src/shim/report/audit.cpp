#include "shim/report/audit.hpp"

#include "shim/kernel/maps.hpp"
#include "shim/report/call_report.hpp"
#include "shim/state/refusing_range.hpp"
#include "shim/state/state.hpp"

#include <sys/mman.h>

namespace sealwax::shim {
namespace {

/// What can be unloaded may have been, and somebody else's memory be there now.
bool is_still_there(const NamedRange& entry) {
  if (!entry.can_be_unloaded)
    return true;
  Vma vma;
  Maps maps{state.kernel};
  return maps.find(entry.range.begin, Maps::Match::covering, vma) && vma.inode == entry.inode;
}

/// prctl(2), PR_SET_MDWE: no mapping that is writable and executable, and no mapping that becomes
/// executable.
bool gains_exec(const MemoryCall& call, int protection) {
  if ((protection & PROT_EXEC) == 0)
    return false;
  if (call.name == "mmap")
    return (protection & PROT_WRITE) != 0;
  if (call.affected.empty())
    return false;
  Vma vma;
  Maps maps{state.kernel};
  return maps.find(call.affected[0].range.begin, Maps::Match::covering, vma) &&
         (!vma.executable || (protection & PROT_WRITE) != 0);
}

} // namespace

AuditVerdict audit_call(const MemoryCall& call, int protection) {
  AuditVerdict verdict;
  verdict.would_refuse = range_refusing(call, NamedRange::audited);
  if (verdict.would_refuse != nullptr && !is_still_there(*verdict.would_refuse))
    verdict.would_refuse = nullptr;
  verdict.gains_exec = frozen.process.mode == Mode::audit &&
                       frozen.process.exec_gain != ExecGain::allow && gains_exec(call, protection);
  return verdict;
}

bool report_audited_call(const AuditVerdict& verdict, const MemoryCall& call, Address caller) {
  if (verdict.would_refuse != nullptr)
    report_call({caller, verdict.would_refuse, "would-refuse", call.name, "audit"}, call);
  if (verdict.gains_exec)
    report_call({caller, nullptr, "exec-gain", call.name, "audit"}, call);
  return verdict.any();
}

} // namespace sealwax::shim
