// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/closings.hpp"

#include "cli/exceptions/refused_calls.hpp"

#include <fmt/format.h>

namespace sealwax::cli::learn {

std::vector<Closing> Closings::frequent() const {
  std::vector<Closing> found;
  for (const auto& [whose, times] : times_)
    if (times >= kMany)
      found.push_back({whose.first, whose.second, times});
  return found;
}

std::string pinning_section(const Closing& closing) {
  return fmt::format("[object {}]\nonly-in = {}\ndlopen = pin\n", glob_for(closing.object),
                     glob_for(closing.program));
}

} // namespace sealwax::cli::learn
