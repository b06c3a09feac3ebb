// Where reports go.
#pragma once

#include "model/policy.hpp"
#include "model/report.hpp"
#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Fills in time and process and sends the line where the policy wants it. Never blocks, never
/// waits, and says nothing where that place is missing or a filter forbids a call on the way.
void send_report(Kernel& kernel, const Settings& settings, Report report);

} // namespace sealwax::shim
