// SPDX-License-Identifier: Apache-2.0
// Ranges as text in the messages of failed checks.
#pragma once

#include "model/range.hpp"

#include <ios>
#include <ostream>

namespace sealwax {

inline std::ostream& operator<<(std::ostream& out, const Range& range) {
  const std::ios_base::fmtflags flags = out.flags();
  out << std::hex << range.begin << '-' << range.end;
  out.flags(flags);
  return out;
}

} // namespace sealwax
