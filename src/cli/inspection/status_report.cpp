// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/status_report.hpp"

#include "cli/frame/exit_code.hpp"
#include "cli/output/output.hpp"
#include "cli/output/region_names.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace sealwax::cli {
namespace {

using Align = Table::Align;

Style style_of(VerdictSet verdicts) {
  using enum MappingVerdict;
  if (verdicts.has(open) || verdicts.has(contents_open))
    return Style::bad;
  if (verdicts.has(unknown))
    return Style::fair;
  if (verdicts.empty())
    return Style::faint;
  return verdicts.has(sealed) && summary_of(verdicts) == verdict_name(sealed) ? Style::good
                                                                              : Style::plain;
}

/// A region in a word.
Cell state(const std::optional<RegionCounts>& counts, VerdictSet verdicts) {
  if (!counts)
    return {"unknown", Style::fair};
  return {std::string{summary_of(verdicts)}, style_of(verdicts)};
}

Cell state(const MapRow& row) {
  VerdictSet one;
  if (row.region)
    one.add(row.verdict);
  return {std::string{summary_of(one)}, style_of(one)};
}

std::string number_or_unknown(const std::optional<RegionCounts>& counts, std::size_t value) {
  return counts ? std::to_string(value) : "?";
}

/// For people: its path, or its name in brackets, as in ps(1).
std::string program(const ProcessStatus& status) {
  return printable(status.executable.value_or('[' + status.name + ']'));
}

std::string_view wish(const Verdict& verdict, Region region) {
  if (verdict.wanted.has(region))
    return "seal";
  return verdict.observed.has(region) ? "observe" : "leave";
}

/// `verdict` is null where no policy is known.
std::string region_table(const RegionTable& regions, const Verdict* verdict, bool color) {
  Table table{{Align::left, Align::left, Align::left, Align::right, Align::right, Align::right,
               Align::right}};
  const Style heading = Style::heading;
  table.add({{"region", heading},
             {"policy", heading},
             {"state", heading},
             {"mappings", heading},
             {"sealed", heading},
             {"KiB", heading},
             {"KiB sealed", heading}});
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    const Region region = static_cast<Region>(i);
    const RegionCounts counts = regions[i].value_or(RegionCounts{});
    table.add(
        {{std::string{region_name(region)}},
         {std::string{verdict != nullptr ? wish(*verdict, region) : "?"}},
         verdict != nullptr ? state(regions[i], verdict->regions[i]) : Cell{"unknown", Style::fair},
         {number_or_unknown(regions[i], counts.mappings)},
         {number_or_unknown(regions[i], counts.sealed_mappings)},
         {number_or_unknown(regions[i], counts.bytes / 1024)},
         {number_or_unknown(regions[i], counts.sealed_bytes / 1024)}});
  }
  return table.text(color);
}

std::string range_text(Range range) {
  return fmt::format("{:x}-{:x}", range.begin, range.end);
}

/// What a row belongs to: its object's file, or its mapping's own name.
const std::string& owner(const MapRow& row) {
  return row.object ? *row.object : row.name;
}

std::string_view region_text(const ProcessStatus& status, const MapRow& row) {
  if (row.region)
    return region_name(*row.region);
  return status.readable ? "-" : "unknown";
}

std::string map_table(const ProcessStatus& status, bool color) {
  Table table{{Align::left, Align::left, Align::left, Align::left, Align::left, Align::left}};
  const Style heading = Style::heading;
  table.add({{"range", heading},
             {"perm", heading},
             {"sealed", heading},
             {"state", heading},
             {"region", heading},
             {"object", heading}});
  for (const MapRow& row : status.maps)
    table.add({{range_text(row.range)},
               {std::string{row.permissions.begin(), row.permissions.end()}},
               {row.sealed ? "yes" : "no"},
               state(row),
               {std::string{region_text(status, row)}},
               {printable(owner(row))}});
  return table.text(color);
}

/// Rounded down: what is not all is not 100 %.
std::string threshold_text(const Threshold& threshold) {
  return fmt::format("{:.2f} % of what the policies want sealed is sealed, {} the threshold of {} "
                     "%\n",
                     std::floor(threshold.share() * 100) / 100,
                     threshold.met() ? "not below" : "below", threshold.percent);
}

std::string policy_text(const ProcessStatus& status) {
  if (!status.policy_known)
    return "unknown";
  return status.policy.empty() ? "built-in default" : printable(status.policy);
}

/// What a table does not say by itself. Empty: nothing.
std::string conclusion(const ProcessStatus& status) {
  const Verdict& verdict = status.verdict;
  std::string text;
  if (!verdict.open.empty())
    text += fmt::format("not sealed as the policy wants: {}\n", join_names(verdict.open));
  if (!verdict.contents_open.empty())
    text += fmt::format("sealed, and its contents can be changed still: {}\n",
                        join_names(verdict.contents_open));
  if (status.whole() == MappingVerdict::observed)
    text += "observed: the policy has refusals reported, and nothing sealed\n";
  if (status.whole() == MappingVerdict::off)
    text += "off: the policy wants nothing sealed\n";
  return text;
}

class TableReport : public StatusReport {
public:
  explicit TableReport(ReportOptions options) : options_(options) {}

  void add(ProcessStatus status) override {
    answer(fmt::format("{}process {}: {}\n", std::exchange(separator_, "\n"), status.pid,
                       program(status)));
    if (status.mapped)
      answer(fmt::format("policy: {}\n", policy_text(status)));
    for (const std::string& note : status.notes)
      answer(fmt::format("note: {}\n", printable(note)));
    if (options_.maps && status.mapped)
      answer(map_table(status, options_.color));
    else
      answer(region_table(status.regions, status.policy_known ? &status.verdict : nullptr,
                          options_.color));
    answer(conclusion(status));
  }

  void add_error(std::optional<pid_t>, std::string_view) override {}
  void finish(const StatusSummary& summary) override {
    if (summary.threshold)
      answer(std::exchange(separator_, "\n") + threshold_text(*summary.threshold));
  }

private:
  ReportOptions options_;
  const char* separator_ = "";
};

class CountingReport : public StatusReport {
public:
  explicit CountingReport(bool tells) : tells_(tells) {}

  void add(ProcessStatus status) override {
    all_ += 1;
    sealed_ += status.whole() == MappingVerdict::sealed ? 1U : 0U;
  }
  void add_error(std::optional<pid_t>, std::string_view) override {}
  void finish(const StatusSummary&) override {
    if (tells_)
      answer(fmt::format("{} of {} sealed\n", sealed_, all_));
  }

private:
  bool tells_;
  std::size_t sealed_ = 0;
  std::size_t all_ = 0;
};

/// Of the bytes that can be executed: those that are sealed, those that a policy leaves open, by
/// its line, those that no policy can name, and those that are open against one.
class ExecutableShare {
public:
  void add(const ProcessStatus& status) {
    for (std::size_t i = 0; i < kVerdictCount; ++i)
      add(static_cast<MappingVerdict>(i), status.executable_bytes[i]);
    for (const auto& [cause, bytes] : status.excused_bytes)
      excused_[cause] += bytes;
    unnamed_ += status.unnamed_bytes;
    all_ += status.unnamed_bytes;
  }

  [[nodiscard]] std::string text() const {
    if (all_ == 0)
      return {};
    std::string rest = excuses();
    if (unnamed_ != 0)
      rest += fmt::format("{} made while they run, ", percent(unnamed_));
    return fmt::format("of what can be executed: {} sealed, {}{} open\n", percent(sealed_), rest,
                       percent(open_));
  }

private:
  /// The largest first.
  [[nodiscard]] std::string excuses() const {
    constexpr std::size_t kMost = 6;
    std::vector<std::pair<std::string, std::size_t>> causes{excused_.begin(), excused_.end()};
    std::stable_sort(causes.begin(), causes.end(), [](const auto& left, const auto& right) {
      return left.second > right.second;
    });
    std::string text;
    std::size_t others = 0;
    for (std::size_t i = 0; i < causes.size(); ++i)
      if (i < kMost)
        text += fmt::format("{} left open by {}, ", percent(causes[i].second),
                            printable(causes[i].first));
      else
        others += causes[i].second;
    if (others != 0)
      text += fmt::format("{} by {} more, ", percent(others), causes.size() - kMost);
    return text;
  }

  void add(MappingVerdict verdict, std::size_t bytes) {
    all_ += bytes;
    if (verdict == MappingVerdict::sealed)
      sealed_ += bytes;
    else if (verdict != MappingVerdict::off && verdict != MappingVerdict::observed)
      open_ += bytes;
  }

  /// Rounded down: what is not all is not 100 %.
  [[nodiscard]] std::string percent(std::size_t bytes) const {
    const double share = static_cast<double>(bytes) / static_cast<double>(all_);
    return fmt::format("{:.2f} %", std::floor(10000 * share) / 100);
  }

  std::size_t all_ = 0;
  std::size_t sealed_ = 0;
  std::size_t open_ = 0;
  std::size_t unnamed_ = 0;
  std::map<std::string, std::size_t> excused_;
};

class LineReport : public StatusReport {
public:
  explicit LineReport(ReportOptions options) : options_(options) {
    std::vector<Cell> heading{{"pid", Style::heading}};
    for (const RegionRow& row : kRegions)
      heading.push_back({std::string{row.name}, Style::heading});
    heading.push_back({"program", Style::heading});
    lines_.add(std::move(heading));
    for (std::optional<RegionCounts>& total : totals_)
      total.emplace();
  }

  void add(ProcessStatus status) override {
    std::vector<Cell> line{{std::to_string(status.pid)}};
    for (std::size_t i = 0; i < kRegionCount; ++i)
      line.push_back(state(status.regions[i], status.verdict.regions[i]));
    line.push_back({program(status)});
    lines_.add(std::move(line));
    for (const std::string& note : status.notes)
      notes_ += fmt::format("process {}: {}\n", status.pid, printable(note));

    count(status);
  }

  void add_error(std::optional<pid_t>, std::string_view) override {}

  void finish(const StatusSummary& summary) override {
    answer(lines_.text(options_.color));
    answer(count_ == 1 ? "\n1 process\n" : fmt::format("\nall {} processes\n", count_));
    answer(region_table(totals_, &sum_, options_.color));
    using enum MappingVerdict;
    answer(notes_);
    answer(fmt::format("{} sealed as their policy wants, {} not, {} observed, {} off, {} unknown\n",
                       number_of(sealed), number_of(open) + number_of(contents_open),
                       number_of(observed), number_of(off), number_of(unknown)));
    answer(share_.text());
    if (summary.threshold)
      answer(threshold_text(*summary.threshold));
  }

private:
  void count(const ProcessStatus& status) {
    count_ += 1;
    share_.add(status);
    verdicts_[static_cast<std::size_t>(status.whole())] += 1;
    sum_.wanted = sum_.wanted.with(status.verdict.wanted);
    sum_.observed = sum_.observed.with(status.verdict.observed);
    for (std::size_t i = 0; i < kRegionCount; ++i) {
      sum_.regions[i].add(status.verdict.regions[i]);
      if (!status.regions[i])
        continue;
      totals_[i]->mappings += status.regions[i]->mappings;
      totals_[i]->bytes += status.regions[i]->bytes;
      totals_[i]->sealed_mappings += status.regions[i]->sealed_mappings;
      totals_[i]->sealed_bytes += status.regions[i]->sealed_bytes;
    }
  }

  [[nodiscard]] std::size_t number_of(MappingVerdict verdict) const {
    return verdicts_[static_cast<std::size_t>(verdict)];
  }

  ReportOptions options_;
  Table lines_{{Align::right, Align::left, Align::left, Align::left, Align::left, Align::left,
                Align::left, Align::left, Align::left}};
  RegionTable totals_;
  std::string notes_;
  ExecutableShare share_;
  Verdict sum_; ///< its sets
  std::size_t count_ = 0;
  std::array<std::size_t, kVerdictCount> verdicts_{};
};

} // namespace

bool ProcessStatus::lacks_enforcement() const {
  return whole() == MappingVerdict::observed || whole() == MappingVerdict::off;
}

int ProcessStatus::exit_code() const {
  if (lost_preload)
    return kFindings;
  switch (whole()) {
  case MappingVerdict::open:
  case MappingVerdict::contents_open:
    return kFindings;
  case MappingVerdict::unknown:
    return kCouldNotTell;
  case MappingVerdict::observed:
  case MappingVerdict::off:
    return to_be_enforced ? kFindings : kAsItShouldBe;
  case MappingVerdict::sealed:
    break;
  }
  return kAsItShouldBe;
}

double Threshold::share() const {
  if (wanted_bytes == 0)
    return 100;
  return 100 * static_cast<double>(sealed_bytes) / static_cast<double>(wanted_bytes);
}

std::unique_ptr<StatusReport> table_report(ReportOptions options) {
  return std::make_unique<TableReport>(options);
}

std::unique_ptr<StatusReport> counting_report(bool tells) {
  return std::make_unique<CountingReport>(tells);
}

std::unique_ptr<StatusReport> line_report(ReportOptions options) {
  return std::make_unique<LineReport>(options);
}

} // namespace sealwax::cli
