// SPDX-License-Identifier: Apache-2.0
// Running a program again and again, with the library and without, and what each run took.
#pragma once

#include "cli/sealing/launch.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

enum class Measure : std::uint8_t { wall, processor, memory };
inline constexpr std::array<std::string_view, 3> kMeasureNames = {"wall", "cpu", "memory"};

/// One value a run: seconds, seconds, bytes.
struct Samples {
  std::array<std::vector<double>, kMeasureNames.size()> without;
  std::array<std::vector<double>, kMeasureNames.size()> with;
};

struct BenchRuns {
  std::string program; ///< the file to execute
  std::vector<std::string> command;
  Launch launch;
  Library library;
  std::string output; ///< the file that gets what the program prints
  std::size_t pairs = 0;
};

/// Runs as asked, after one pair that does not count and warms the caches, and says after each pair
/// how many are done. Which of a pair goes first alternates. Throws CommandError where a run
/// fails.
[[nodiscard]] Samples run_pairs(const BenchRuns& runs,
                                const std::function<void(std::size_t)>& progress);

} // namespace sealwax::cli
