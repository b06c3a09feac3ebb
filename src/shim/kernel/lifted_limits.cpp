// SPDX-License-Identifier: Apache-2.0
#include "shim/kernel/lifted_limits.hpp"

namespace sealwax::shim {

bool LiftedLimits::lift() {
  if (!kernel_.limits_are_callers())
    return false;
  bool any = false;
  for (Limit& limit : limits_) {
    constexpr rlimit kNone{RLIM_INFINITY, RLIM_INFINITY};
    if (limit.changed || !kernel_.limit(limit.resource, limit.before).ok())
      continue;
    const rlimit most{limit.before.rlim_max, limit.before.rlim_max};
    limit.changed =
        limit.before.rlim_cur != RLIM_INFINITY && (kernel_.set_limit(limit.resource, kNone).ok() ||
                                                   kernel_.set_limit(limit.resource, most).ok());
    any |= limit.changed;
  }
  return any;
}

LiftedLimits::~LiftedLimits() {
  for (const Limit& limit : limits_)
    if (limit.changed) // To lower a limit is nobody's right to lose.
      (void)kernel_.set_limit(limit.resource, limit.before);
}

} // namespace sealwax::shim
