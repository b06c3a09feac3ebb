// SPDX-License-Identifier: Apache-2.0
// Where reports are read from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sealwax::cli::report {

using LineVisitor = std::function<void(std::string_view line)>;

/// Every line of a regular file, or of what is piped into `-`. A line of more than 1 MiB is left
/// out. Throws CommandError.
void for_each_line_of(const std::string& path, const LineVisitor& visit);

struct JournalQuery {
  std::optional<std::uint64_t> since; ///< seconds since the epoch
  std::string unit;                   ///< empty: all
  std::string directory;              ///< of its files; empty: this system's
  bool this_boot = false;             ///< none of an earlier one
};

/// Every report in the journal, as journalctl(1) writes JSON. Throws CommandError.
void for_each_journal_entry(const JournalQuery& query, const LineVisitor& visit);

/// A time as people type it: "@1717232400", "2026-11-30", "2026-11-30 11:14", "today", "yesterday",
/// "-90min", "-2h", "-7d". nullopt: it is none of these. Before now or not does not matter.
[[nodiscard]] std::optional<std::uint64_t> parse_time(std::string_view text, std::uint64_t now);

} // namespace sealwax::cli::report
