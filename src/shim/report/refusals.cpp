#include "shim/report/refusals.hpp"

#include "shim/report/call_report.hpp"
#include "shim/state/refusing_range.hpp"
#include "shim/state/state.hpp"

#include <sys/mman.h>

namespace sealwax::shim {

bool answer_refusal(const MemoryCall& call, Address caller) {
  const NamedRange* const range = range_refusing(call, NamedRange::sealed);
  if (range == nullptr)
    return false;
  if (frozen.process.on_refused != OnRefused::ignore)
    report_call({caller, range, "refused", call.name, "enforce"}, call);
  if (frozen.process.on_refused == OnRefused::kill)
    state.kernel.end_process();
  return true;
}

void answer_exec_denial(const MemoryCall& call, int protection, Address caller) {
  const Settings& settings = frozen.process;
  const bool asked = call.name == "mmap" ? (protection & PROT_WRITE) != 0 : !call.affected.empty();
  if (settings.mode == Mode::enforce && settings.exec_gain != ExecGain::allow && asked &&
      (protection & PROT_EXEC) != 0 && settings.on_refused != OnRefused::ignore)
    report_call({caller, nullptr, "exec-gain", call.name, "enforce"}, call);
}

} // namespace sealwax::shim
