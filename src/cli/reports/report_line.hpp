// SPDX-License-Identifier: Apache-2.0
// One line of a log that has a report in it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sealwax::cli::report {

/// Whether the program that a report speaks of has written it. Anybody may write to the journal,
/// and the journal says who did (systemd.journal-fields(7), _EXE).
enum class Sender : std::uint8_t {
  itself,
  unknown, ///< the line is from a file, or its sender had ended when the journal looked
  another,
};

/// "program", "unknown", "another": as documents have it.
[[nodiscard]] std::string_view sender_text(Sender sender);
/// The other way round; what else it may be is unknown.
[[nodiscard]] Sender sender_named(std::string_view text);

/// What a report tells of. Reports of equal ones are of one thing, told again.
struct Reported {
  std::string program; ///< empty: the report does not say
  std::string event;
  std::string call;
  std::string object;
  std::string region;
  std::string caller;
  std::string message;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero of an ordering for a
  // pointer.
  auto operator<=>(const Reported&) const = default;
};

/// A report as it was told, with what the log says of it.
struct LoggedReport : Reported {
  std::uint64_t time = 0; ///< seconds since the epoch
  std::uint64_t pid = 0;
  std::uint64_t count = 0;
  std::uint64_t dropped = 0;
  std::string host;
  std::optional<std::uint32_t> user;
  Sender sender = Sender::unknown;
};

/// What a line is; `problem` says why it is no report though it begins as one.
struct ReadLine {
  std::optional<LoggedReport> report;
  std::string problem;
};

/// A line of text with a report at its end, as log files have it, or a JSON object of
/// journalctl(1). `host` is where it is from, unless the line says. Neither report nor problem: it
/// is about something else.
[[nodiscard]] ReadLine read_line(std::string_view line, const std::string& host);

} // namespace sealwax::cli::report
