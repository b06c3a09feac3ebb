// SPDX-License-Identifier: Apache-2.0
// The victims of a selftest: finding them, and running them under each setup.
#pragma once

#include "cli/commands/selftest/selftest_table.hpp"
#include "cli/sealing/preload.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

struct Victims {
  std::string program;
  std::string library; ///< that it starts with
  std::string late;    ///< that it loads
};

/// Those beside this tool, in the build's folder or where both are installed. Throws CommandError.
[[nodiscard]] Victims find_victims();

/// One run for each, all at once. Throws CommandError.
[[nodiscard]] std::vector<Trial> run_trials(const Victims& victims, const Library& library,
                                            std::vector<Setup> setups);

} // namespace sealwax::cli
