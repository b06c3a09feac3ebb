// SPDX-License-Identifier: Apache-2.0
#include "cli/reports/report_summary.hpp"

#include "cli/exceptions/frame.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "model/region.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <numeric>
#include <tuple>

namespace sealwax::cli::report {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts = {"would be refused", "would be denied",
                                                       "refused", "told"};

Verdict verdict_on(std::string_view event) {
  if (event == "would-refuse")
    return Verdict::would_be_refused;
  if (event == "exec-gain")
    return Verdict::would_be_denied;
  return event == "refused" ? Verdict::refused : Verdict::told;
}

/// Senders by how much they are believed.
int rank(Sender sender) {
  switch (sender) {
  case Sender::itself:
    return 2;
  case Sender::unknown:
    return 1;
  case Sender::another:
    break;
  }
  return 0;
}

/// "libplugin.so+0x1234", or an address alone where no object is.
Frame frame_of(std::string_view caller) {
  Frame frame;
  const std::size_t plus = caller.rfind("+0x");
  std::string_view digits = caller;
  if (plus != std::string_view::npos) {
    frame.object = caller.substr(0, plus);
    digits.remove_prefix(plus + 1);
  }
  if (!digits.starts_with("0x"))
    return frame;
  digits.remove_prefix(2);
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, frame.offset, 16);
  frame.is_known = error == std::errc{} && stopped == end;
  return frame;
}

RefusedCall refused_call_of(const Finding& finding) {
  RefusedCall refused;
  refused.kind = finding.verdict == Verdict::would_be_denied ? RefusedCall::Kind::exec_gain
                                                             : RefusedCall::Kind::seal;
  if (file_name(finding.object) == "libsealwax.so")
    refused.kind = RefusedCall::Kind::own;
  refused.program = finding.program;
  refused.object = finding.object;
  if (const auto region = region_named(finding.region);
      region && refused.kind == RefusedCall::Kind::seal)
    refused.regions = {*region};
  refused.call = finding.call;
  refused.caller = frame_of(finding.caller);
  refused.count = finding.count;
  const std::string first = finding.first == finding.last
                                ? std::string{}
                                : fmt::format("first at {}, ", time_text(finding.first));
  refused.evidence =
      fmt::format("on {}, {}last at {}", counted(finding.hosts.size(), "host", "hosts"), first,
                  time_text(finding.last));
  return refused;
}

} // namespace

std::string_view verdict_text(Verdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}

Verdict verdict_named(std::string_view text) {
  const auto found = std::find(kVerdicts.begin(), kVerdicts.end(), text);
  return found == kVerdicts.end() ? Verdict::told : static_cast<Verdict>(found - kVerdicts.begin());
}

/// A report says how often its process has made the call until then, so that the last one counts. A
/// smaller number is of another process, which has the same PID by now.
void Summary::add(const LoggedReport& report) {
  ++lines_;
  dropped_ += report.dropped;
  auto found = entries_.find(report);
  if (found == entries_.end()) {
    if (entries_.size() == kMostFindings) {
      ++beyond_;
      return;
    }
    Entry entry;
    static_cast<Reported&>(entry.finding) = report;
    entry.finding.verdict = verdict_on(report.event);
    entry.finding.first = report.time;
    found = entries_.emplace(report, std::move(entry)).first;
  }
  Entry& entry = found->second;
  std::uint64_t& calls = entry.running[{report.host, report.pid}];
  const std::uint64_t told = std::max<std::uint64_t>(report.count, 1);
  Finding& finding = entry.finding;
  finding.days[day_text(report.time)] += told > calls ? told - calls : told;
  if (told <= calls)
    entry.ended += calls;
  calls = told;
  finding.first = std::min(finding.first, report.time);
  finding.last = std::max(finding.last, report.time);
  finding.hosts.insert(report.host);
  if (report.user)
    finding.users.insert(*report.user);
  if (rank(report.sender) > rank(finding.sender))
    finding.sender = report.sender;
}

std::vector<Finding> Summary::findings() const {
  std::vector<Finding> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) {
    all.push_back(entry.finding);
    all.back().count =
        std::accumulate(entry.running.begin(), entry.running.end(), entry.ended,
                        [](std::uint64_t sum, const auto& one) { return sum + one.second; });
  }
  put_in_order(all);
  return all;
}

void put_in_order(std::vector<Finding>& findings) {
  const auto order = [](const Finding& one) {
    return std::tuple{one.program, one.verdict == Verdict::told, ~one.count};
  };
  std::stable_sort(
      findings.begin(), findings.end(),
      [&](const Finding& left, const Finding& right) { return order(left) < order(right); });
}

RefusedCalls refused_calls_of(std::span<const Finding> findings, bool of_unknown) {
  RefusedCalls calls;
  for (const Finding& finding : findings)
    if (finding.verdict != Verdict::told && !finding.program.empty() &&
        (finding.sender == Sender::itself || (finding.sender == Sender::unknown && of_unknown)))
      calls.add_counted(refused_call_of(finding));
  return calls;
}

std::string day_text(std::uint64_t time) {
  const std::string text = time_text(time);
  return text.substr(0, text.find(' '));
}

std::string time_text(std::uint64_t time) {
  const auto seconds = static_cast<std::time_t>(time);
  std::tm parts{};
  char text[64];
  if (localtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%F %T", &parts) == 0)
    return fmt::format("@{}", time);
  return text;
}

} // namespace sealwax::cli::report
