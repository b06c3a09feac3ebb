// SPDX-License-Identifier: Apache-2.0
// What the library in a process has counted since its start.
#pragma once

#include "cli/process/survey.hpp"
#include "model/report/held_counts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

using LibraryCounts = HeldCounts<std::uint64_t>;

/// nullopt: no library is loaded, or one that counts otherwise, or its memory cannot be read.
[[nodiscard]] std::optional<LibraryCounts> counts_in(const Survey& survey);

/// What of it somebody should know, as sentences: what is open of what was loaded late and why, and
/// which reports are missing.
[[nodiscard]] std::vector<std::string> notes_on(const LibraryCounts& counts);

} // namespace sealwax::cli
