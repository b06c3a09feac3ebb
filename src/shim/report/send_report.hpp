// SPDX-License-Identifier: Apache-2.0
// From a report to the place that the policy wants it at.
#pragma once

#include "model/policy/policy.hpp"
#include "model/report/report.hpp"
#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Fills in time, process and how many reports were dropped, and sends the line where the policy
/// wants it. Never waits and raises no signal. Where the place takes nothing at this moment, is
/// missing, or a filter forbids a call on the way, the report is dropped and counted.
void send_report(Kernel& kernel, const Settings& settings, Report report);

} // namespace sealwax::shim
