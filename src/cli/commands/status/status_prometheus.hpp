// SPDX-License-Identifier: Apache-2.0
// `status` for the node exporter.
#pragma once

#include "cli/inspection/status_report.hpp"

#include <memory>

namespace sealwax::cli {

/// Metrics for the node exporter's textfile collector, summed up by unit and program.
[[nodiscard]] std::unique_ptr<StatusReport> prometheus_report();

} // namespace sealwax::cli
