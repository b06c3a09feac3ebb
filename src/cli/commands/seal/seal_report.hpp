// SPDX-License-Identifier: Apache-2.0
// What sealing processes came to, for people and for machines.
#pragma once

#include "cli/commands/seal/process_seal.hpp"
#include "cli/output/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli::seal {

/// A line a process, and one for whatever stays open.
[[nodiscard]] std::string outcome_text(const Outcome& outcome, bool dry_run);

/// One entry of the document, and back.
[[nodiscard]] Json outcome_json(const Outcome& outcome);
[[nodiscard]] Outcome outcome_of(const Json& entry);

/// The document.
[[nodiscard]] std::string seal_json(const std::vector<Outcome>& outcomes,
                                    const std::vector<std::string>& errors);

} // namespace sealwax::cli::seal
