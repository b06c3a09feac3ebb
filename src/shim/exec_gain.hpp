// exec-gain: no new executable memory.
#pragma once

#include "model/policy.hpp"

namespace sealwax::shim {

/// Sealing keeps code as it is; this keeps more from coming. Source: prctl(2), PR_SET_MDWE.
class ExecGainDenial {
public:
  /// Sets it for this process where the policy wants it, and makes every forked child set it again:
  /// PR_MDWE_NO_INHERIT, which keeps it from what is executed later, drops it at a fork too. A
  /// child of a bare clone or of _Fork, which run no handlers, goes without.
  static void begin(const Settings& settings);
};

} // namespace sealwax::shim
