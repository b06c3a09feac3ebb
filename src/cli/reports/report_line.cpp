#include "cli/reports/report_line.hpp"

#include "cli/output/json.hpp"
#include "model/report/report.hpp"

#include <charconv>
#include <vector>

namespace sealwax::cli::report {
namespace {

constexpr std::string_view kBeginning = "sealwax-report ";

/// The kernel's name for a program whose file has been replaced since it was started.
constexpr std::string_view kDeleted = " (deleted)";

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

std::string field(const Json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// The first process may write to the kernel's log, and root alone.
Sender sender_of(const Json& entry, const std::string& program) {
  if (field(entry, "_TRANSPORT") == "kernel")
    return Sender::itself;
  std::string sender = field(entry, "_EXE");
  if (sender.empty())
    return Sender::unknown;
  if (sender.ends_with(kDeleted))
    sender.resize(sender.size() - kDeleted.size());
  return sender == program ? Sender::itself : Sender::another;
}

std::optional<std::uint32_t> user_of(const Json& entry) {
  const std::string text = field(entry, "_UID");
  std::uint32_t user = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), user);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{user}
                                                                  : std::nullopt;
}

ReadLine read_journal_entry(std::string_view line, const std::string& host) {
  const Json entry = Json::parse(line, nullptr, false);
  if (!entry.is_object())
    return {};
  const std::string message = field(entry, "MESSAGE");
  if (!message.starts_with(kBeginning))
    return {};
  ReadLine read = read_report(message);
  if (read.report) {
    read.report->host = field(entry, "_HOSTNAME");
    if (read.report->host.empty())
      read.report->host = host;
    read.report->user = user_of(entry);
    read.report->sender = sender_of(entry, read.report->program);
  }
  return read;
}

} // namespace

ReadLine read_line(std::string_view line, const std::string& host) {
  if (line.starts_with('{'))
    return read_journal_entry(line, host);
  // In a log file a time, a host and a program can stand in front.
  const std::size_t begin = line.find(kBeginning);
  if (begin == std::string_view::npos)
    return {};
  ReadLine read = read_report(line.substr(begin));
  if (read.report)
    read.report->host = host;
  return read;
}

} // namespace sealwax::cli::report
