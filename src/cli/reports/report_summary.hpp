// SPDX-License-Identifier: Apache-2.0
// What many reports say together.
#pragma once

#include "cli/exceptions/refused_calls.hpp"
#include "cli/reports/report_line.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli::report {

/// What enforcing the policy would make of what a report tells.
enum class Verdict : std::uint8_t {
  would_be_refused, ///< watched (mode = audit); a seal would refuse it
  would_be_denied,  ///< likewise, by `exec-gain = deny`
  refused,          ///< it is refused already
  told,             ///< no call: something that is to be known
};

/// "would be refused", "would be denied", "refused", "told": as people and documents have it.
[[nodiscard]] std::string_view verdict_text(Verdict verdict);
/// The other way round; what else it may be is told.
[[nodiscard]] Verdict verdict_named(std::string_view text);

/// Reports of one thing: a call from one place to one region of an object, or a message.
struct Finding : Reported {
  Verdict verdict = Verdict::told;
  std::uint64_t count = 0; ///< of calls, not of lines
  std::set<std::string> hosts;
  std::set<std::uint32_t> users;             ///< whose processes, as far as the log says
  std::map<std::string, std::uint64_t> days; ///< calls of each, "2026-11-30", of here
  std::uint64_t first = 0;                   ///< seconds since the epoch
  std::uint64_t last = 0;
  Sender sender = Sender::another; ///< the best that one of the reports had
};

/// By program; of one, the calls that were made most often first, messages last.
void put_in_order(std::vector<Finding>& findings);

class Summary {
public:
  /// More than any host has; what comes then is only counted, for hosts can be hostile.
  static constexpr std::size_t kMostFindings = 20000;

  void add(const LoggedReport& report);

  /// In order.
  [[nodiscard]] std::vector<Finding> findings() const;
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  /// Reports that could not be written, as later ones say.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  /// Lines of findings that there was no room for.
  [[nodiscard]] std::uint64_t beyond() const { return beyond_; }

private:
  using Process = std::pair<std::string, std::uint64_t>; ///< host and PID
  struct Entry {
    Finding finding;
    std::uint64_t ended = 0;                  ///< calls of processes whose PID another has now
    std::map<Process, std::uint64_t> running; ///< calls of a process until now
  };

  std::map<Reported, Entry> entries_;
  std::uint64_t lines_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t beyond_ = 0;
};

/// The calls among the findings that enforcing refuses, such that a policy can be made of them. By
/// senders that are not known only if `of_unknown`, by others than the program never.
[[nodiscard]] RefusedCalls refused_calls_of(std::span<const Finding> findings, bool of_unknown);

/// "2026-11-30 11:14:28", of here.
[[nodiscard]] std::string time_text(std::uint64_t time);

/// "2026-11-30", of here.
[[nodiscard]] std::string day_text(std::uint64_t time);

} // namespace sealwax::cli::report
