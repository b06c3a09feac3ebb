// SPDX-License-Identifier: Apache-2.0
// Which objects of a process stay loaded as long as it lives.
#pragma once

#include "cli/process/survey.hpp"

#include <vector>

namespace sealwax::cli {

/// One for each of Survey::objects. The program, what it needs from its start on, its loader, and
/// what is never unloaded by its own word (DF_1_NODELETE). What else there is, dlclose(3) may take
/// away.
[[nodiscard]] std::vector<bool> lasting_objects(const Survey& survey);

} // namespace sealwax::cli
