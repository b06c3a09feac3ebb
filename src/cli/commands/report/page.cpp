// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/report/page.hpp"

#include "cli/commands/report/page_style.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

namespace sealwax::cli::report {
namespace {

/// Text from elsewhere, such that it stands for nothing but itself.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : printable(text)) {
    switch (letter) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      result += letter;
    }
  }
  return result;
}

/// Each line escaped, for a <pre>.
std::string lines_of(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    result += escaped(line) + '\n';
  }
  return result;
}

std::string names_of(const std::set<std::string>& hosts) {
  constexpr std::size_t kMost = 3;
  if (hosts.size() > kMost)
    return counted(hosts.size(), "host", "hosts");
  std::string text;
  for (const std::string& host : hosts)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", escaped(host));
  return text;
}

struct Column {
  std::string_view name;
  bool is_number = false;
};

/// Cells are HTML.
class HtmlTable {
public:
  explicit HtmlTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(const std::vector<std::string>& cells) {
    rows_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i)
      rows_ += fmt::format("<td data-name=\"{}\"{}>{}</td>", columns_[i].name,
                           columns_[i].is_number ? " class=\"number\"" : "", cells[i]);
    rows_ += "</tr>\n";
  }

  [[nodiscard]] std::string text() const {
    std::string head;
    for (const Column& column : columns_)
      head +=
          fmt::format("<th{}>{}</th>", column.is_number ? " class=\"number\"" : "", column.name);
    return fmt::format("<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n", head,
                       rows_);
  }

private:
  std::vector<Column> columns_;
  std::string rows_;
};

std::uint64_t calls_in(const Overview& overview) {
  return std::accumulate(overview.findings.begin(), overview.findings.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Finding& finding) {
                           return sum + (finding.verdict == Verdict::told ? 0 : finding.count);
                         });
}

std::string tiles(const Overview& overview) {
  const auto tile = [](std::string_view name, const std::string& value) {
    return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
  };
  std::string text = "<dl class=\"tiles\">\n";
  if (overview.whole.processes != 0) {
    text +=
        tile("sealed, of code and constants", fmt::format("{}&nbsp;%", overview.whole.percent()));
    text += tile("processes", std::to_string(overview.whole.processes));
    text += tile("programs with something open", std::to_string(overview.open.size()));
  }
  text += tile("calls refused, or that would be", std::to_string(calls_in(overview)));
  text += tile("exceptions in force", std::to_string(overview.sections.size()));
  return text + "</dl>\n";
}

/// The least sealed first: that is what a reader looks for.
std::string bars(const Overview& overview) {
  std::vector<std::pair<std::string, Share>> rows{overview.programs.begin(),
                                                  overview.programs.end()};
  std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
    return left.second.percent() < right.second.percent();
  });
  std::string text = "<h2>Sealed, by program</h2>\n";
  if (rows.empty())
    return text + "<p class=\"faint\">No document of <code>sealwax status --all --json</code> was "
                  "given.</p>\n";
  text += "<ul class=\"bars\">\n";
  for (const auto& [program, share] : rows)
    text += fmt::format("<li><span>{}</span><span class=\"track\"><span{} style=\"width:{}%\">"
                        "</span></span><span class=\"number\">{}&nbsp;% <span class=\"faint\">of "
                        "{}</span></span></li>\n",
                        escaped(program), share.percent() == 100 ? " class=\"whole\"" : "",
                        share.percent(), share.percent(),
                        counted(share.processes, "process", "processes"));
  return text + "</ul>\n";
}

std::string open_things(const Overview& overview) {
  std::string text = "<h2>Open, and why</h2>\n";
  if (overview.unreadable_processes != 0)
    text += fmt::format("<p class=\"faint\">{} could not be looked into.</p>\n",
                        counted(overview.unreadable_processes, "process", "processes"));
  if (overview.open.empty())
    return text + "<p>Nothing is open that a policy wants sealed.</p>\n";
  HtmlTable table{{{"program"}, {"open"}, {"why"}, {"processes", true}, {"hosts"}}};
  for (const OpenThing& open : overview.open)
    table.add(
        {escaped(open.program), fmt::format("<span class=\"bad\">{}</span>", escaped(open.regions)),
         open.why.empty() ? "nothing is known of it; <code>sealwax status PID</code> tells more"
                          : escaped(open.why),
         std::to_string(open.processes), names_of(open.hosts)});
  return text + table.text();
}

std::map<std::string, std::uint64_t> calls_by_day(const Overview& overview) {
  std::map<std::string, std::uint64_t> days;
  for (const Finding& finding : overview.findings)
    if (finding.verdict != Verdict::told)
      for (const auto& [day, count] : finding.days)
        days[day] += count;
  return days;
}

/// The last 31 days on which there was any.
std::string over_time(const Overview& overview) {
  std::string text = "<h2>Refusals over time</h2>\n";
  const std::map<std::string, std::uint64_t> days = calls_by_day(overview);
  if (days.empty())
    return text + "<p>No call was refused, nor would one have been.</p>\n";
  constexpr std::ptrdiff_t kMost = 31;
  const auto all = static_cast<std::ptrdiff_t>(days.size());
  const auto first = std::next(days.begin(), std::max<std::ptrdiff_t>(all - kMost, 0));
  const std::uint64_t most =
      std::max_element(first, days.end(), [](const auto& left, const auto& right) {
        return left.second < right.second;
      })->second;
  text += "<ul class=\"days\">\n";
  for (auto day = first; day != days.end(); ++day)
    text += fmt::format("<li title=\"{0}: {1}\">{1}<span style=\"height:{2}%\"></span>{3}</li>\n",
                        escaped(day->first), day->second,
                        day->second * 80 / std::max(most, std::uint64_t{1}),
                        escaped(day->first.size() > 5 ? day->first.substr(5) : day->first));
  return text + fmt::format("</ul>\n<p class=\"faint\">Calls a day, {} to {}.</p>\n",
                            escaped(first->first), escaped(days.rbegin()->first));
}

std::string verdict_cell(const Finding& finding) {
  if (finding.verdict == Verdict::told)
    return escaped(finding.event);
  return fmt::format("<span class=\"{}\">{}</span>",
                     finding.verdict == Verdict::refused ? "bad" : "fair",
                     verdict_text(finding.verdict));
}

std::string calls(const Overview& overview) {
  if (overview.findings.empty())
    return {};
  HtmlTable table{{{"times", true},
                   {"verdict"},
                   {"what"},
                   {"object"},
                   {"by"},
                   {"program"},
                   {"hosts"},
                   {"first and last"}}};
  for (const Finding& finding : overview.findings)
    table.add(
        {std::to_string(finding.count), verdict_cell(finding),
         escaped(finding.verdict == Verdict::told ? finding.message
                 : finding.region.empty()         ? finding.call
                                          : fmt::format("{} of {}", finding.call, finding.region)),
         escaped(finding.object), escaped(finding.caller), escaped(finding.program),
         names_of(finding.hosts),
         fmt::format("{}<br>{}", time_text(finding.first), time_text(finding.last))});
  return "<h2>What was reported</h2>\n" + table.text();
}

std::string exceptions(const Overview& overview) {
  std::string text = "<h2>Exceptions in force</h2>\n";
  if (overview.sections.empty())
    return text + "<p>None is known.</p>\n";
  for (const PolicySection& section : overview.sections)
    text += fmt::format("<p>{}{}</p>\n<pre>{}</pre>\n", escaped(section.why),
                        section.hosts.empty() ? std::string{}
                                              : fmt::format(" <span class=\"faint\">{}</span>",
                                                            names_of(section.hosts)),
                        lines_of(section.text));
  return text;
}

} // namespace

std::string page_of(const Overview& overview, const std::string& made) {
  const std::string hosts = names_of(overview.hosts);
  return fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'\">\n"
                     "<title>Sealwax: {}</title>\n<style>{}</style>\n</head>\n<body>\n"
                     "<h1>What is sealed</h1>\n<p class=\"faint\">{}; made at {}</p>\n",
                     hosts, kPageStyle, hosts, escaped(made)) +
         tiles(overview) + bars(overview) + open_things(overview) + over_time(overview) +
         calls(overview) + exceptions(overview) + "</body>\n</html>\n";
}

} // namespace sealwax::cli::report
