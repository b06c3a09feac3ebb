// SPDX-License-Identifier: Apache-2.0
// How late loads stand, in numbers, and what became of the reports.
#pragma once

#include "model/report/held_counts.hpp"
#include "shim/state/list_lock.hpp"

#include <atomic>
#include <cstdint>

namespace sealwax::shim {

using Counts = HeldCounts<std::atomic<std::uint64_t>>;
static_assert(sizeof(Counts) == sizeof(HeldCounts<std::uint64_t>));

/// A tool reads it from outside, by the dynamic symbol kHeldCountsName.
extern Counts held_counts;

/// Finds out what closed libraries may leave behind: the kernel's limits, and what would be felt.
void read_bound(const ListLocked&, Counts& counts);

} // namespace sealwax::shim
