// SPDX-License-Identifier: Apache-2.0
// A report's line as an entry of the journal's own, whose fields are indexed.
#pragma once

#include "model/slice.hpp"

#include <cstddef>
#include <string_view>

namespace sealwax {

/// Writes what the socket of systemd's journal takes (systemd.io, Native Journal Protocol) to the
/// front of `buffer`: the line as MESSAGE=, and each of its fields as SEALWAX_NAME=, escaped as it
/// is there. `line`: by format_report, so that no value has a line's end. The size, or 0: it does
/// not fit.
[[nodiscard]] std::size_t format_journal_entry(std::string_view line, Slice<char> buffer);

} // namespace sealwax
