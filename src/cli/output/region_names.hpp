// SPDX-License-Identifier: Apache-2.0
// Regions by their names, for people.
#pragma once

#include "model/region.hpp"

#include <string>

namespace sealwax::cli {

/// "text, relro"
[[nodiscard]] inline std::string join_names(RegionSet regions) {
  std::string text;
  for (std::size_t i = 0; i < kRegionCount; ++i)
    if (regions.has(static_cast<Region>(i))) {
      text += text.empty() ? "" : ", ";
      text += kRegions[i].name;
    }
  return text;
}

} // namespace sealwax::cli
