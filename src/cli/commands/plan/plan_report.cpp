// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/plan/plan_report.hpp"

#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

namespace sealwax::cli {
namespace {

using Align = Table::Align;

constexpr Style kHeading = Style::heading;

using Count = std::size_t PlannedBytes::*;

std::string shown(const std::optional<PlannedBytes>& counts, Count which) {
  return counts ? std::to_string(*counts.*which) : "?";
}

/// `plan`: of a program, or of an object.
template <typename Plan>
std::vector<Cell> cells(Region region, const Plan& plan) {
  const PlannedTable& regions = plan.regions;
  const auto& counts = regions[static_cast<std::size_t>(region)];
  const bool sealed = counts && counts->sealed_bytes != 0;
  return {{std::string{region_name(region)}},
          {plan.wanted.has(region)     ? "seal"
           : plan.observed.has(region) ? "observe"
                                       : "leave"},
          {shown(counts, &PlannedBytes::bytes)},
          {shown(counts, &PlannedBytes::sealed_bytes), sealed ? Style::good : Style::plain}};
}

std::string region_table(const ProgramPlan& plan, bool color) {
  Table table{{Align::left, Align::left, Align::right, Align::right}};
  table.add(
      {{"region", kHeading}, {"policy", kHeading}, {"bytes", kHeading}, {"sealed", kHeading}});
  for (std::size_t i = 0; i < kRegionCount; ++i)
    table.add(cells(static_cast<Region>(i), plan));
  return table.text(color);
}

std::string object_table(const ProgramPlan& plan, bool color) {
  Table table{{Align::left, Align::left, Align::right, Align::right, Align::left}};
  table.add({{"region", kHeading},
             {"policy", kHeading},
             {"bytes", kHeading},
             {"sealed", kHeading},
             {"object", kHeading}});
  for (const PlannedObject& object : plan.objects)
    for (std::size_t i = 0; i < kRegionCount; ++i) {
      if (!object.regions[i] || object.regions[i]->bytes == 0)
        continue;
      std::vector<Cell> row = cells(static_cast<Region>(i), object);
      row.push_back({printable(object.path)});
      table.add(std::move(row));
    }
  return table.text(color);
}

/// Each kind once, with all objects that it is found in: most programs share most of theirs.
std::string finding_list(const std::vector<Finding>& findings, bool color) {
  std::vector<const Finding*> first;
  for (const Finding& finding : findings)
    if (std::none_of(first.begin(), first.end(),
                     [&finding](const Finding* other) { return other->is_like(finding); }))
      first.push_back(&finding);
  std::string text;
  for (const Finding* like : first) {
    text += fmt::format("{}: {}\n", styled(like->kind, Style::bad, color), like->what);
    for (const Finding& finding : findings)
      if (finding.is_like(*like))
        text += fmt::format("  {}\n", printable(finding.object));
  }
  return text;
}

class PlanTables : public PlanReport {
public:
  explicit PlanTables(PlanReportOptions options) : options_(options) {}

  void add(const std::string&, const ProgramPlan& plan) override {
    answer(fmt::format("{}{}\npolicy: {}\n{}", std::exchange(separator_, "\n"),
                       printable(plan.path),
                       plan.policy.empty() ? "built-in default" : printable(plan.policy),
                       region_table(plan, options_.color)));
    if (options_.objects)
      answer("\n" + object_table(plan, options_.color));
    if (!plan.findings.empty())
      answer("\n" + finding_list(plan.findings, options_.color));
  }

  void add_error(std::string_view, std::string_view) override {}
  void finish(bool) override {}

private:
  PlanReportOptions options_;
  const char* separator_ = "";
};

/// The kinds of findings in a program, each once.
std::vector<std::string> kinds_of(const ProgramPlan& plan) {
  std::vector<std::string> kinds;
  for (const Finding& finding : plan.findings)
    if (std::find(kinds.begin(), kinds.end(), finding.kind) == kinds.end())
      kinds.emplace_back(finding.kind);
  return kinds;
}

class PlanLines : public PlanReport {
public:
  explicit PlanLines(bool color) : color_(color) {
    table_.add(
        {{"KiB", kHeading}, {"sealed", kHeading}, {"program", kHeading}, {"findings", kHeading}});
  }

  void add(const std::string&, const ProgramPlan& plan) override {
    PlannedBytes all;
    for (const std::optional<PlannedBytes>& region : plan.regions) {
      all.bytes += region ? region->bytes : 0;
      all.sealed_bytes += region ? region->sealed_bytes : 0;
    }
    const std::vector<std::string> kinds = kinds_of(plan);
    table_.add({{std::to_string(all.bytes / 1024)},
                {std::to_string(all.sealed_bytes / 1024),
                 all.sealed_bytes != 0 ? Style::good : Style::bad},
                {printable(plan.path)},
                {fmt::format("{}", fmt::join(kinds, ", "))}});
    programs_ += 1;
    sound_ += kinds.empty() ? 1U : 0U;
    for (const std::string& kind : kinds)
      found_[kind] += 1;
  }

  void add_error(std::string_view, std::string_view) override { errors_ += 1; }

  void finish(bool) override {
    answer(table_.text(color_));
    answer(fmt::format("\n{}: {} without a finding, {} that could not be told\n",
                       counted(programs_, "program", "programs"), sound_, errors_));
    for (const auto& [kind, count] : found_)
      answer(fmt::format("{:6} {}\n", count, kind));
  }

private:
  Table table_{{Align::right, Align::right, Align::left, Align::left}};
  bool color_;
  std::size_t programs_ = 0;
  std::size_t sound_ = 0;
  std::size_t errors_ = 0;
  std::map<std::string, std::size_t> found_;
};

Json region_object(const PlannedTable& regions) {
  Json object = Json::object();
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    Json& region = object[std::string{kRegions[i].name}];
    if (regions[i])
      region = {{"bytes", regions[i]->bytes}, {"sealed_bytes", regions[i]->sealed_bytes}};
  }
  return object;
}

Json object_array(const ProgramPlan& plan) {
  Json array = Json::array();
  for (const PlannedObject& object : plan.objects)
    array.push_back({{"name", object.name},
                     {"path", object.path},
                     {"wanted", name_array(object.wanted)},
                     {"observed", name_array(object.observed)},
                     {"regions", region_object(object.regions)}});
  return array;
}

Json finding_array(const std::vector<Finding>& findings) {
  Json array = Json::array();
  for (const Finding& finding : findings)
    array.push_back({{"kind", finding.kind}, {"object", finding.object}, {"what", finding.what}});
  return array;
}

/// How many programs are without a finding, of how many; or nothing at all.
class PlanCount : public PlanReport {
public:
  explicit PlanCount(bool told) : told_(told) {}

  void add(const std::string&, const ProgramPlan& plan) override {
    programs_ += 1;
    sound_ += plan.findings.empty() ? 1U : 0U;
  }

  void add_error(std::string_view, std::string_view) override {}

  void finish(bool) override {
    if (told_)
      answer(fmt::format("{} of {} without a finding\n", sound_, programs_));
  }

private:
  bool told_;
  std::size_t programs_ = 0;
  std::size_t sound_ = 0;
};

class PlanJson : public PlanReport {
public:
  void add(const std::string& file, const ProgramPlan& plan) override {
    programs_.push_back({{"file", file},
                         {"path", plan.path},
                         {"certain", plan.problems.empty()},
                         {"ok", plan.findings.empty() && plan.problems.empty()},
                         {"policy", text_or_null(plan.policy)},
                         {"notes", plan.notes},
                         {"wanted", name_array(plan.wanted)},
                         {"observed", name_array(plan.observed)},
                         {"regions", region_object(plan.regions)},
                         {"findings", finding_array(plan.findings)},
                         {"objects", object_array(plan)}});
  }

  void add_error(std::string_view file, std::string_view message) override {
    errors_.push_back({{"file", text_or_null(std::string{file})}, {"message", message}});
  }

  void finish(bool ok) override {
    answer(text_of({{"schema", "sealwax-plan 1"},
                    {"programs", programs_},
                    {"errors", errors_},
                    {"ok", ok}}) +
           '\n');
  }

private:
  Json programs_ = Json::array();
  Json errors_ = Json::array();
};

} // namespace

std::unique_ptr<PlanReport> plan_tables(PlanReportOptions options) {
  return std::make_unique<PlanTables>(options);
}

std::unique_ptr<PlanReport> plan_lines(bool color) {
  return std::make_unique<PlanLines>(color);
}

std::unique_ptr<PlanReport> plan_count(bool told) {
  return std::make_unique<PlanCount>(told);
}

std::unique_ptr<PlanReport> plan_json() {
  return std::make_unique<PlanJson>();
}

} // namespace sealwax::cli
