// SPDX-License-Identifier: Apache-2.0
// exec-gain: no new executable memory.
#pragma once

#include "model/policy/policy.hpp"
#include "shim/kernel/seccomp_filter.hpp"

namespace sealwax::shim {

/// Sealing keeps code as it is; this keeps more from coming, where the policy wants it. Every
/// forked child sets it again: PR_MDWE_NO_INHERIT, which keeps it from what is executed later,
/// drops it at a fork too. A child of a bare clone or of _Fork, which run no handlers, goes
/// without. Returns the errno value of a kernel that cannot, 0 otherwise. Source: prctl(2),
/// PR_SET_MDWE.
int deny_exec_gain(const Settings& settings, const FilterState& inherited);

} // namespace sealwax::shim
