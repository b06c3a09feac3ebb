// SPDX-License-Identifier: Apache-2.0
#include "shim/report/refusals.hpp"

#include "shim/report/call_report.hpp"
#include "shim/state/refusing_range.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {

bool answer_refusal(const MemoryCall& call, Address caller) {
  const NamedRange* const range = range_refusing(call, NamedRange::sealed);
  if (range == nullptr)
    return false;
  if (frozen.process.on_refused != OnRefused::ignore)
    report_call({caller, range, "refused", name_of(call.function), "enforce"}, &call);
  if (frozen.process.on_refused == OnRefused::kill)
    state.kernel.end_process();
  return true;
}

void answer_exec_denial(const MemoryCall& call, Address caller) {
  const Settings& settings = frozen.process;
  if (settings.mode == Mode::enforce && settings.exec_gain != ExecGain::allow &&
      (gains_exec(call, false) || (settings.exec_gain == ExecGain::closed && is_closed_to(call))) &&
      settings.on_refused != OnRefused::ignore)
    report_call({caller, nullptr, "exec-gain", name_of(call.function), "enforce"}, &call);
}

} // namespace sealwax::shim
