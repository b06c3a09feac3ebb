// SPDX-License-Identifier: Apache-2.0
// `status` in an order.
#pragma once

#include "cli/inspection/status_report.hpp"

#include <cstdint>
#include <memory>

namespace sealwax::cli {

enum class SortKey : std::uint8_t { pid, name, unit, user, sealed, open };

/// Hands everything on to `report` at the end, ordered.
[[nodiscard]] std::unique_ptr<StatusReport> sorting_report(std::unique_ptr<StatusReport> report,
                                                           SortKey key);

} // namespace sealwax::cli
