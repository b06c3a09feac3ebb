// SPDX-License-Identifier: Apache-2.0
// How `bench` says what it measured.
#pragma once

#include "cli/commands/bench/bench_runs.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

struct BenchResult {
  std::vector<std::string> command;
  std::string policy; ///< the file that held, or nothing for the built-in default
  Samples samples;
};

[[nodiscard]] std::string bench_text(const BenchResult& result, bool color);
[[nodiscard]] std::string bench_json(const BenchResult& result);
/// The document of a bench that could not be made.
[[nodiscard]] std::string bench_error_json(const std::string& message);

} // namespace sealwax::cli
