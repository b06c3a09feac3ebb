// SPDX-License-Identifier: Apache-2.0
// One event <-> one line: what the shim says to the journal, a file or stderr, and the CLI reads.
#pragma once

#include "model/slice.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

/// An empty text, or a count of zero, is a field that is not in the line.
struct Report {
  std::uint64_t time = 0; ///< seconds since the epoch; always there
  std::uint64_t pid = 0;  ///< always there
  std::string_view exe;
  std::string_view event; ///< always there
  std::string_view call;
  std::string_view args;
  std::string_view object;
  std::string_view region;
  std::string_view caller;
  std::string_view mode;
  std::uint64_t count = 0;
  std::uint64_t dropped = 0; ///< reports before this one that could not be written
  std::string_view message;
  bool operator==(const Report&) const = default;
};

/// Writes the line, without a line feed, to the front of `buffer`. Bytes outside printable ASCII,
/// the space, `%` and `=` become %XX. A field that does not fit is left out whole; returns the
/// line's size, or 0 where one that is always there does not fit. No allocation;
/// async-signal-safe.
[[nodiscard]] std::size_t format_report(const Report& report, Slice<char> buffer);

enum class ReportFault : std::uint8_t {
  none,
  wrong_prefix,  ///< not `sealwax-report 1`
  not_a_field,   ///< no NAME=VALUE where one should be
  unknown_field, ///< the names belong to the version in the prefix
  repeated_field,
  bad_escape, ///< a `%` without two hexadecimal digits, or a byte that should have been escaped
  bad_number,
  missing_field, ///< one of those that are always there
  no_room,       ///< `buffer` is shorter than `line`
};

[[nodiscard]] const char* describe(ReportFault fault);

/// Reads a line without its line feed. Texts are unescaped into `buffer`, which as many bytes as
/// the line has are enough for, and point there.
[[nodiscard]] Result<Report, ReportFault> parse_report(std::string_view line, Slice<char> buffer);

} // namespace sealwax
