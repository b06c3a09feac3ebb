// SPDX-License-Identifier: Apache-2.0
// mapped-code: sealing code that a program maps from files by itself.
#pragma once

#include "model/range.hpp"

namespace sealwax::shim {

/// Whether the policy can want any of it sealed.
[[nodiscard]] bool may_seal_mapped_code();

/// The program has made a mapping executable: seals it if it is of a file and the policy wants it.
void seal_mapped_code(PageRange range);

} // namespace sealwax::shim
