// SPDX-License-Identifier: Apache-2.0
// Ending a program that must not run.
#pragma once

#include "cli/tracing/tracee.hpp"

namespace sealwax::cli {

/// Lets a stopped program that has not begun exit with 125, by instructions of its own; should even
/// that fail, it is killed.
void end_before_its_begin(const Tracee& program);

} // namespace sealwax::cli
