// SPDX-License-Identifier: Apache-2.0
// Which units have an /etc/ld.so.preload of their own. No allocation and no exception:
// sealwax-rescue shares it.
#pragma once

#include "deploy/preload_file.hpp"

namespace sealwax::deploy {

/// What such a file is called, in the folder of the unit's drop-ins.
inline constexpr const char* kUnitListName = "50-sealwax.preload";

/// Whether the system's own has to stay the same file: the kernel takes theirs away from what runs
/// where that is replaced or removed.
[[nodiscard]] InPlace place_kept_for_units(const Etc& etc);

} // namespace sealwax::deploy
