// SPDX-License-Identifier: Apache-2.0
// What a selftest says: a table for people, a document for programs.
#pragma once

#include "cli/commands/selftest/selftest_table.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

struct SelftestResult {
  std::string kernel;
  std::string library;
  std::string policy; ///< where it comes from; empty: the built-in default
  std::vector<Trial> trials;
};

[[nodiscard]] std::string selftest_text(const SelftestResult& result, bool color);
[[nodiscard]] std::string selftest_json(const SelftestResult& result);
[[nodiscard]] std::string selftest_error_json(const std::string& message);

} // namespace sealwax::cli
