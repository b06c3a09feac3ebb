// SPDX-License-Identifier: Apache-2.0
#include "cli/reports/report_line.hpp"

#include "cli/output/json.hpp"
#include "cli/output/text_parts.hpp"
#include "model/report/report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace sealwax::cli::report {
namespace {

constexpr std::string_view kBeginning = "sealwax-report ";

constexpr std::array<std::string_view, 3> kSenders = {"program", "unknown", "another"};

ReadLine read_report(std::string_view text) {
  std::vector<char> buffer(text.size());
  const Result<Report, ReportFault> parsed =
      parse_report(text, Slice<char>{buffer.data(), buffer.size()});
  if (!parsed)
    return {std::nullopt, describe(parsed.error())};
  LoggedReport report;
  report.time = parsed->time;
  report.pid = parsed->pid;
  report.count = parsed->count;
  report.dropped = parsed->dropped;
  report.program = parsed->exe;
  report.event = parsed->event;
  report.call = parsed->call;
  report.object = parsed->object;
  report.region = parsed->region;
  report.caller = parsed->caller;
  report.message = parsed->message;
  return {std::move(report), {}};
}

/// The first process may write to the kernel's log, and root alone.
Sender sender_of(const Json& entry, const std::string& program) {
  if (text_in(entry, "_TRANSPORT") == "kernel")
    return Sender::itself;
  const std::string sender = text_in(entry, "_EXE");
  if (sender.empty())
    return Sender::unknown;
  return without_deleted(sender) == program ? Sender::itself : Sender::another;
}

std::optional<std::uint32_t> user_of(const Json& entry) {
  const std::string text = text_in(entry, "_UID");
  std::uint32_t user = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), user);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{user}
                                                                  : std::nullopt;
}

ReadLine read_journal_entry(std::string_view line, const std::string& host) {
  const Json entry = Json::parse(line, nullptr, false);
  if (!entry.is_object())
    return {};
  const std::string message = text_in(entry, "MESSAGE");
  if (!message.starts_with(kBeginning))
    return {};
  ReadLine read = read_report(message);
  if (read.report) {
    read.report->host = text_in(entry, "_HOSTNAME");
    if (read.report->host.empty())
      read.report->host = host;
    read.report->user = user_of(entry);
    read.report->sender = sender_of(entry, read.report->program);
  }
  return read;
}

} // namespace

std::string_view sender_text(Sender sender) {
  return kSenders[static_cast<std::size_t>(sender)];
}

Sender sender_named(std::string_view text) {
  const auto found = std::find(kSenders.begin(), kSenders.end(), text);
  return found == kSenders.end() ? Sender::unknown : static_cast<Sender>(found - kSenders.begin());
}

ReadLine read_line(std::string_view line, const std::string& host) {
  if (line.starts_with('{'))
    return read_journal_entry(line, host);
  // In a log file a time, a host and a program can stand in front.
  const std::size_t begin = line.find(kBeginning);
  if (begin == std::string_view::npos)
    return {};
  // And one that came by way of another system ends as that one's do.
  line = line.substr(begin, line.size() - begin - (line.ends_with('\r') ? 1 : 0));
  ReadLine read = read_report(line);
  if (read.report)
    read.report->host = host;
  return read;
}

} // namespace sealwax::cli::report
