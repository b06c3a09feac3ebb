// SPDX-License-Identifier: Apache-2.0
// The moments in a program's life at which its library's calls fail.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sealwax::faults {

struct Scenario {
  std::string name;
  std::vector<std::string> words; ///< what the program is to do
  std::string policy;             ///< its text; empty: none is named
  std::string filter;             ///< a rule of under_filter, that it inherits
  bool from_main = false;         ///< what fails comes once the program runs
};

/// `libraries` is where the tests' are, `scratch` a folder for what a scenario needs.
std::vector<Scenario> scenarios(const std::filesystem::path& libraries,
                                const std::filesystem::path& scratch);

/// Where a policy with `report-to = file` has its reports written.
std::filesystem::path report_file(const std::filesystem::path& scratch);

} // namespace sealwax::faults
