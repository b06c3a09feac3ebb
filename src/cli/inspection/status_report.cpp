#include "cli/inspection/status_report.hpp"

#include "cli/frame/exit_code.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace sealwax::cli {
namespace {

using Align = Table::Align;

/// A region in a word.
Cell state(const std::optional<RegionCounts>& counts, bool wanted) {
  if (!counts)
    return {"unknown", Style::fair};
  if (counts->mappings == 0)
    return {"-", Style::faint};
  if (counts->sealed_bytes == counts->bytes)
    return {"sealed", Style::good};
  return {counts->sealed_bytes == 0 ? "open" : "partly", wanted ? Style::bad : Style::plain};
}

std::string number_or_unknown(const std::optional<RegionCounts>& counts, std::size_t value) {
  return counts ? std::to_string(value) : "?";
}

/// For people: its path, or its name in brackets, as in ps(1).
std::string program(const ProcessStatus& status) {
  return printable(status.executable.value_or('[' + status.name + ']'));
}

/// `wanted` is absent where no policy was looked for.
std::string region_table(const RegionTable& regions, std::optional<RegionSet> wanted,
                         RegionSet open, bool color) {
  Table table{{Align::left, Align::left, Align::left, Align::right, Align::right, Align::right,
               Align::right}};
  const Style heading = Style::heading;
  table.add({{"region", heading},
             {"policy", heading},
             {"state", heading},
             {"mappings", heading},
             {"sealed", heading},
             {"KiB", heading},
             {"sealed", heading}});
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    const Region region = static_cast<Region>(i);
    const RegionCounts counts = regions[i].value_or(RegionCounts{});
    table.add({{std::string{region_name(region)}},
               {!wanted               ? "?"
                : wanted->has(region) ? "seal"
                                      : "leave"},
               state(regions[i], open.has(region)),
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

std::string permissions_text(const Mapping& mapping) {
  return {mapping.permissions.begin(), mapping.permissions.end()};
}

/// What a part belongs to: its object's file, or its mapping's own name.
const std::string& owner(const Survey& survey, const Part& part) {
  return part.object == Part::kNone ? survey.mappings[part.mapping].name
                                    : survey.objects[part.object].path;
}

std::string_view region_text(const Survey& survey, const Part& part) {
  if (part.region)
    return region_name(*part.region);
  return survey.objects_known ? "-" : "unknown";
}

std::string map_table(const ProcessStatus& status, bool color) {
  const Survey& survey = *status.survey;
  Table table{{Align::left, Align::left, Align::left, Align::left, Align::left}};
  const Style heading = Style::heading;
  table.add({{"range", heading},
             {"perm", heading},
             {"state", heading},
             {"region", heading},
             {"object", heading}});
  for (std::size_t i = 0; i < survey.parts.size(); ++i) {
    const Part& part = survey.parts[i];
    const Mapping& mapping = survey.mappings[part.mapping];
    const Style open = status.verdict.part_open[i] ? Style::bad : Style::plain;
    table.add({{range_text(part.range)},
               {permissions_text(mapping)},
               mapping.sealed ? Cell{"sealed", Style::good} : Cell{"open", open},
               {std::string{region_text(survey, part)}},
               {printable(owner(survey, part))}});
  }
  return table.text(color);
}

/// Rounded down: what is not all is not 100 %.
std::string threshold_text(const Threshold& threshold) {
  return fmt::format("{:.2f} % of what the policies want sealed is sealed, {} the threshold of {} "
                     "%\n",
                     std::floor(threshold.share() * 100) / 100,
                     threshold.met() ? "not below" : "below", threshold.percent);
}

class TableReport : public StatusReport {
public:
  explicit TableReport(ReportOptions options) : options_(options) {}

  void add(ProcessStatus status) override {
    answer(fmt::format("{}process {}: {}\n", std::exchange(separator_, "\n"), status.pid,
                       program(status)));
    if (status.mapped)
      answer(fmt::format("policy: {}\n",
                         status.policy.empty() ? "built-in default" : printable(status.policy)));
    if (options_.maps && status.survey)
      answer(map_table(status, options_.color));
    else
      answer(region_table(status.regions,
                          status.mapped ? std::optional{status.verdict.wanted} : std::nullopt,
                          status.verdict.open, options_.color));
    if (!status.verdict.open.empty())
      answer(fmt::format("not sealed as the policy wants: {}\n", join_names(status.verdict.open)));
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
      line.push_back(state(status.regions[i], status.verdict.open.has(static_cast<Region>(i))));
    line.push_back({program(status)});
    lines_.add(std::move(line));

    count(status);
  }

  void add_error(std::optional<pid_t>, std::string_view) override {}

  void finish(const StatusSummary& summary) override {
    answer(lines_.text(options_.color));
    const std::size_t count = verdicts_[0] + verdicts_[1] + verdicts_[2];
    answer(count == 1 ? "\n1 process\n" : fmt::format("\nall {} processes\n", count));
    answer(region_table(totals_, wanted_, open_, options_.color));
    answer(fmt::format("{} sealed as their policy wants, {} not, {} unknown\n", verdicts_[0],
                       verdicts_[1], verdicts_[2]));
    if (summary.threshold)
      answer(threshold_text(*summary.threshold));
  }

private:
  void count(const ProcessStatus& status) {
    verdicts_[static_cast<std::size_t>(status.exit_code())] += 1;
    wanted_ = wanted_.with(status.verdict.wanted);
    open_ = open_.with(status.verdict.open);
    for (std::size_t i = 0; i < kRegionCount; ++i) {
      if (!status.regions[i])
        continue;
      totals_[i]->mappings += status.regions[i]->mappings;
      totals_[i]->bytes += status.regions[i]->bytes;
      totals_[i]->sealed_mappings += status.regions[i]->sealed_mappings;
      totals_[i]->sealed_bytes += status.regions[i]->sealed_bytes;
    }
  }

  ReportOptions options_;
  Table lines_{{Align::right, Align::left, Align::left, Align::left, Align::left, Align::left,
                Align::left, Align::left, Align::left}};
  RegionTable totals_;
  RegionSet wanted_;
  RegionSet open_;
  std::array<std::size_t, 3> verdicts_{}; ///< by exit code
};

} // namespace

int ProcessStatus::exit_code() const {
  if (!verdict.open.empty())
    return kFindings;
  return certain ? kAsItShouldBe : kCouldNotTell;
}

double Threshold::share() const {
  if (wanted_bytes == 0)
    return 100;
  return 100 * static_cast<double>(sealed_bytes) / static_cast<double>(wanted_bytes);
}

std::unique_ptr<StatusReport> table_report(ReportOptions options) {
  return std::make_unique<TableReport>(options);
}

std::unique_ptr<StatusReport> line_report(ReportOptions options) {
  return std::make_unique<LineReport>(options);
}

} // namespace sealwax::cli
