// SPDX-License-Identifier: Apache-2.0
// The page of `sealwax report --html`.
#pragma once

#include "cli/commands/report/overview.hpp"

#include <string>

namespace sealwax::cli::report {

/// A whole HTML document. It needs no network, runs no script, and what hosts say steers nothing in
/// it. `made`: when, for whoever reads it. Pure.
[[nodiscard]] std::string page_of(const Overview& overview, const std::string& made);

} // namespace sealwax::cli::report
