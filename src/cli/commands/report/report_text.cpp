// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/report/report_text.hpp"

#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace sealwax::cli::report {
namespace {

std::uint64_t calls_with(const std::vector<Finding>& findings, Verdict verdict) {
  return std::accumulate(findings.begin(), findings.end(), std::uint64_t{0},
                         [verdict](std::uint64_t sum, const Finding& finding) {
                           return sum + (finding.verdict == verdict ? finding.count : 0);
                         });
}

std::string what_was_called(const Finding& finding) {
  return finding.region.empty()
             ? printable(finding.call)
             : fmt::format("{} of {}", printable(finding.call), printable(finding.region));
}

std::string whose(const Finding& finding) {
  const std::string program = finding.program.empty() ? "unknown" : printable(finding.program);
  return finding.sender == Sender::another ? program + " (sent by another program)" : program;
}

std::string calls_table(const std::vector<Finding>& findings, bool color) {
  using Align = Table::Align;
  Table table{{Align::right, Align::right, Align::left, Align::left, Align::left, Align::left,
               Align::left, Align::left, Align::left}};
  table.add({{"times", Style::heading},
             {"hosts", Style::heading},
             {"first", Style::heading},
             {"last", Style::heading},
             {"verdict", Style::heading},
             {"call", Style::heading},
             {"object", Style::heading},
             {"by", Style::heading},
             {"program", Style::heading}});
  for (const Finding& finding : findings)
    if (finding.verdict != Verdict::told)
      table.add({{std::to_string(finding.count)},
                 {std::to_string(finding.hosts.size())},
                 {time_text(finding.first)},
                 {time_text(finding.last)},
                 {std::string{verdict_text(finding.verdict)},
                  finding.verdict == Verdict::refused ? Style::bad : Style::fair},
                 {what_was_called(finding)},
                 {printable(finding.object)},
                 {printable(finding.caller)},
                 {whose(finding)}});
  return table.text(color);
}

std::string messages_table(const std::vector<Finding>& findings, bool color) {
  using Align = Table::Align;
  Table table{{Align::right, Align::right, Align::left, Align::left, Align::left, Align::left,
               Align::left}};
  table.add({{"times", Style::heading},
             {"hosts", Style::heading},
             {"first", Style::heading},
             {"last", Style::heading},
             {"event", Style::heading},
             {"program", Style::heading},
             {"message", Style::heading}});
  for (const Finding& finding : findings)
    if (finding.verdict == Verdict::told)
      table.add({{std::to_string(finding.count)},
                 {std::to_string(finding.hosts.size())},
                 {time_text(finding.first)},
                 {time_text(finding.last)},
                 {printable(finding.event), Style::bad},
                 {whose(finding)},
                 {printable(finding.message.empty() ? finding.object : finding.message)}});
  return table.text(color);
}

bool has_calls(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.verdict != Verdict::told; });
}

bool has_messages(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.verdict == Verdict::told; });
}

std::string period(const std::vector<Finding>& findings) {
  const auto first = std::min_element(
      findings.begin(), findings.end(),
      [](const Finding& left, const Finding& right) { return left.first < right.first; });
  const auto last = std::max_element(
      findings.begin(), findings.end(),
      [](const Finding& left, const Finding& right) { return left.last < right.last; });
  return fmt::format("{} to {}", time_text(first->first), time_text(last->last));
}

std::set<std::string> hosts_of(const std::vector<Finding>& findings) {
  std::set<std::string> hosts;
  for (const Finding& finding : findings)
    hosts.insert(finding.hosts.begin(), finding.hosts.end());
  return hosts;
}

std::string head(const Answer& answer) {
  if (answer.lines == 0)
    return "reports: none\n";
  std::string text = fmt::format(
      "reports: {} from {}, {}\n", counted(answer.lines, "line", "lines"),
      counted(hosts_of(answer.findings).size(), "host", "hosts"), period(answer.findings));
  for (const Verdict verdict :
       {Verdict::would_be_refused, Verdict::would_be_denied, Verdict::refused})
    if (const std::uint64_t calls = calls_with(answer.findings, verdict); calls != 0)
      text += fmt::format("{}: {}\n", verdict_text(verdict), counted(calls, "call", "calls"));
  if (answer.dropped != 0)
    text += fmt::format("not written by their programs: {}\n",
                        counted(answer.dropped, "report", "reports"));
  return text;
}

Json finding_object(const Finding& finding) {
  Json users = Json::array();
  for (const std::uint32_t user : finding.users)
    users.push_back(user);
  return {{"verdict", verdict_text(finding.verdict)},
          {"event", finding.event},
          {"program", text_or_null(finding.program)},
          {"call", text_or_null(finding.call)},
          {"object", text_or_null(finding.object)},
          {"region", text_or_null(finding.region)},
          {"caller", text_or_null(finding.caller)},
          {"message", text_or_null(finding.message)},
          {"count", finding.count},
          {"hosts", finding.hosts},
          {"users", std::move(users)},
          {"days", finding.days},
          {"first", finding.first},
          {"last", finding.last},
          {"sender", sender_text(finding.sender)}};
}

} // namespace

std::string answer_text(const Answer& answer, bool color) {
  std::string text = head(answer);
  if (has_calls(answer.findings))
    text += '\n' + calls_table(answer.findings, color);
  if (has_messages(answer.findings))
    text += '\n' + messages_table(answer.findings, color);
  if (!answer.output.empty())
    text += fmt::format("\nwritten: {}\n", printable(answer.output));
  if (!answer.page.empty())
    text += fmt::format("{}page: {}\n", answer.output.empty() ? "\n" : "", printable(answer.page));
  if (!answer.next.empty())
    text += fmt::format("{}next: {}\n", answer.output.empty() && answer.page.empty() ? "\n" : "",
                        answer.next);
  return text;
}

std::string answer_json(const Answer& answer, int exit_code) {
  Json findings = Json::array();
  for (const Finding& finding : answer.findings)
    findings.push_back(finding_object(finding));
  const Json document = {{"schema", "sealwax-report-summary 1"},
                         {"ok", exit_code == 0},
                         {"lines", answer.lines},
                         {"hosts", hosts_of(answer.findings)},
                         {"findings", std::move(findings)},
                         {"dropped", answer.dropped},
                         {"beyond", answer.beyond},
                         {"unreadable", answer.unreadable},
                         {"exceptions", answer.exceptions},
                         {"policy_text", text_or_null(answer.policy_text)},
                         {"output", text_or_null(answer.output)},
                         {"page", text_or_null(answer.page)},
                         {"next", text_or_null(answer.next)},
                         {"errors", answer.errors}};
  return text_of(document, 2) + '\n';
}

} // namespace sealwax::cli::report
