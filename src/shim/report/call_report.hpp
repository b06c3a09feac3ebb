// SPDX-License-Identifier: Apache-2.0
// Reports about calls of the program: which of them are told, and what they say.
#pragma once

#include "model/report/refusal.hpp"
#include "shim/report/call_sites.hpp"

namespace sealwax::shim {

/// Counts what happened at a calling place, and reports it the first time, some at the thousandth.
/// `call`: null where it is about no call.
void report_call(const CallSite::Event& event, const MemoryCall* call);

/// At the end of the process: how often each place that was reported once came by again.
void report_counts_at_exit();

} // namespace sealwax::shim
