// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/list/host_plan.hpp"

#include "cli/change/installed_library.hpp"
#include "cli/commands/systemd/drop_in/drop_in.hpp"
#include "cli/commands/systemd/drop_in/no_new_code.hpp"
#include "cli/commands/systemd/list/rows.hpp"
#include "cli/commands/systemd/unit/own_mounts.hpp"
#include "cli/commands/systemd/unit/unit_obstacles.hpp"
#include "cli/commands/systemd/unit/unit_programs.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/frame/exit_code.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/preload.hpp"
#include "cli/system/unit_drop_in.hpp"
#include "deploy/places.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace sealwax::cli {
namespace {

struct PlannedUnit {
  std::string name;
  UnitRisk risk;
  std::size_t needed_by = 0;
  std::string layers;
  std::string no_new_code;
  std::vector<std::string> findings;
};

/// How many cannot be without a service, or without its socket.
std::map<std::string, std::size_t> needs_among(const std::vector<Unit>& units) {
  constexpr std::string_view kSocket = ".socket";
  std::map<std::string, std::size_t> needed;
  for (const Unit& unit : units)
    for (const UnitSetting& setting : unit.settings)
      if (setting.section == "Unit" &&
          (setting.key == "Requires" || setting.key == "BindsTo" || setting.key == "Requisite"))
        for (const std::string& word : split_words(setting.value))
          ++needed[word.ends_with(kSocket)
                       ? word.substr(0, word.size() - kSocket.size()) + ".service"
                       : word];
  return needed;
}

bool starts_early(const Unit& unit) {
  return std::any_of(unit.settings.begin(), unit.settings.end(), [](const UnitSetting& setting) {
    return setting.section == "Unit" && setting.key == "DefaultDependencies" &&
           (setting.value == "no" || setting.value == "false" || setting.value == "0");
  });
}

class Planner {
public:
  explicit Planner(const SystemdOptions& options)
      : root_(options.root), sets_(root_.is_own() ? ask_call_sets() : CallSets{}),
        library_(root_.is_own() ? find_library(options.library).path
                                : find_installed_library(root_.shown(""), options.library).path) {}

  std::vector<PlannedUnit> plan() const {
    const std::vector<Unit> units = all_units();
    const std::map<std::string, std::size_t> needed = needs_among(units);
    std::vector<PlannedUnit> plans;
    for (const Unit& unit : units) {
      const auto need = needed.find(unit.name);
      plans.push_back(planned(unit, need == needed.end() ? 0 : need->second));
    }
    std::sort(plans.begin(), plans.end(), [](const PlannedUnit& one, const PlannedUnit& other) {
      return std::tie(one.risk.level, one.needed_by, one.name) <
             std::tie(other.risk.level, other.needed_by, other.name);
    });
    return plans;
  }

private:
  /// Those that have a program of their own and no drop-in yet.
  std::vector<Unit> all_units() const {
    std::vector<Unit> units;
    for (const std::string& name : service_names(root_))
      if (drop_in_of(root_, name).empty())
        if (Unit unit = read_unit(root_, name, std::nullopt); !unit.values("ExecStart").empty())
          units.push_back(std::move(unit));
    return units;
  }

  PlannedUnit planned(const Unit& unit, std::size_t needed_by) const {
    PlannedUnit plan;
    plan.name = unit.name;
    plan.needed_by = needed_by;
    const Layers layers =
        why_no_own_mounts(unit).empty() ? Layers::variable_and_list : Layers::variable;
    plan.layers = layers == Layers::variable ? "variable" : "variable, list";
    const bool traced = !UnitPrograms{root_, library_}.commands_through(SEALWAX_TOOL, unit).empty();
    const NoNewCode closing =
        no_new_code(unit, library_, traced ? Sealer::tracer : Sealer::library);
    plan.no_new_code = !closing.refusal.empty()  ? "no"
                       : closing.missing.empty() ? "yes"
                                                 : "in part";
    for (const Obstacle& obstacle : obstacles(unit, layers))
      plan.findings.push_back(obstacle.cause);
    plan.risk = risk_of(unit, needed_by, plan.findings.size());
    return plan;
  }

  std::vector<Obstacle> obstacles(const Unit& unit, Layers layers) const {
    const DropIn drop_in = make_drop_in(unit, library_, "", sets_, layers);
    const Unit with = read_unit(root_, unit.name, drop_in.text);
    const std::string list =
        layers == Layers::variable_and_list ? own_list_path(unit) : std::string{};
    return unit_obstacles(
        {root_, with, library_, "", drop_in.preload, list, drop_in_path(unit.name), sets_});
  }

  SystemRoot root_;
  CallSets sets_;
  std::string library_;
};

Row row_of(const PlannedUnit& plan) {
  constexpr std::array kLevels = {"low", "middle", "high"};
  return {{"unit", plan.name},
          {"risk", kLevels.at(static_cast<std::size_t>(plan.risk.level))},
          {"by", plan.layers},
          {"no_new_code", plan.no_new_code},
          {"why", plan.risk.reason.empty() ? "-" : plan.risk.reason},
          {"findings",
           plan.findings.empty() ? "-" : fmt::format("{}", fmt::join(plan.findings, "; "))}};
}

} // namespace

UnitRisk risk_of(const Unit& unit, std::size_t needed_by, std::size_t obstacles) {
  constexpr int kMiddle = 1, kHigh = 2;
  if (starts_early(unit))
    return {kHigh, "starts before the rest of the system"};
  if (const std::string reason = why_no_own_mounts(unit); !reason.empty() || starts_sessions(unit))
    return {kHigh, reason.empty() ? "starts sessions" : reason};
  if (needed_by != 0)
    return {kMiddle,
            fmt::format("{} {} it", needed_by, needed_by == 1 ? "unit needs" : "units need")};
  if (obstacles != 0)
    return {kMiddle, "is not sealed as it is"};
  return {};
}

int plan_host(const SystemdOptions& options) {
  const std::vector<PlannedUnit> plans = Planner{options}.plan();
  std::vector<Row> rows;
  rows.reserve(plans.size());
  std::transform(plans.begin(), plans.end(), std::back_inserter(rows), row_of);
  if (options.json)
    answer_document({{"schema", "sealwax-host-plan 1"}}, rows);
  else if (!rows.empty())
    answer_table(rows, wants_color(options.color));
  else
    answer("no service is left to seal\n");
  return kAsItShouldBe;
}

} // namespace sealwax::cli
