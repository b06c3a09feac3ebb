// SPDX-License-Identifier: Apache-2.0
// Where the units of a system's systemd lie, and those of a user's.
#pragma once

#include <string>
#include <vector>

namespace sealwax::cli {

struct UnitPlaces {
  std::vector<std::string> folders; ///< first to last (systemd.unit(5), "Unit File Search Path")
  std::string own;                  ///< where drop-ins are written
};

[[nodiscard]] const UnitPlaces& systems_places();

/// Of who calls. Throws CommandError where nobody knows his home.
[[nodiscard]] UnitPlaces users_places();

} // namespace sealwax::cli
