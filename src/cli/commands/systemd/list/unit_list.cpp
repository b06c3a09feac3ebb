// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/list/unit_list.hpp"

#include "cli/commands/systemd/drop_in/drop_in.hpp"
#include "cli/commands/systemd/drop_in/no_new_code.hpp"
#include "cli/commands/systemd/list/rows.hpp"
#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/inspection/status_look.hpp"
#include "cli/inspection/status_report.hpp"
#include "cli/output/json.hpp"
#include "cli/output/output.hpp"
#include "cli/output/policy_words.hpp"
#include "cli/process/own_preload.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/system/child_command.hpp"
#include "cli/system/preload_list.hpp"
#include "cli/system/unit_drop_in.hpp"
#include "deploy/preload_file.hpp"
#include "model/policy/policy_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace sealwax::cli {
namespace {

struct ListedUnit {
  std::size_t processes = 0;
  VerdictSet verdicts; ///< of its processes, each as a whole
  bool lost_preload = false;
  std::string policy;
  std::string exec_gain;
};

using ListedUnits = std::map<std::string, ListedUnit>;

std::string exec_gain_of(const ProcessStatus& status) {
  const std::string text =
      status.policy.empty() ? "" : SystemRoot{}.text(status.policy).value_or("");
  const EffectivePolicy policy =
      text.empty()
          ? EffectivePolicy{}
          : EffectivePolicy::from_text(status.policy, text, status.executable.value_or(""));
  const auto value = static_cast<std::size_t>(policy.rules().process().exec_gain);
  return text_of_word(rule_of(Key::exec_gain).choices[value]);
}

/// Puts the processes of each service together.
class Collector : public StatusReport {
public:
  void add(ProcessStatus status) override {
    if (!status.unit.ends_with(".service"))
      return;
    ListedUnit& unit = units_[status.unit];
    if (unit.processes++ == 0 && status.policy_known) {
      unit.policy = status.policy;
      unit.exec_gain = exec_gain_of(status);
    }
    unit.verdicts.add(status.whole());
    unit.lost_preload |= status.lost_preload;
  }
  void add_error(std::optional<pid_t>, std::string_view) override {}
  void finish(const StatusSummary&) override {}
  [[nodiscard]] const ListedUnits& units() const { return units_; }

private:
  ListedUnits units_;
};

bool systems_list_names_library() {
  const std::vector<std::string> entries =
      preload_entries(SystemRoot{}.text(deploy::kPreloadPath).value_or(""));
  return std::any_of(entries.begin(), entries.end(), is_sealwax);
}

Row described(const std::string& name, const ListedUnit& unit,
              const std::map<std::string, std::string>& exposed, bool in_systems_list) {
  const std::string drop_in = drop_in_of(SystemRoot{}, name);
  const auto exposure = exposed.find(name);
  return {{"unit", name},
          {"state", unit.processes == 0 ? "not running" : std::string{summary_of(unit.verdicts)}},
          {"by", layers_of(drop_in, in_systems_list) + (unit.lost_preload ? ", gone" : "")},
          {"policy", unit.policy.empty() ? "-" : unit.policy},
          {"exec_gain", unit.exec_gain.empty() ? "-" : unit.exec_gain},
          {"no_new_code", closes_to_new_code(drop_in) ? "yes" : "no"},
          {"fails_closed", fails_closed(drop_in) ? "yes" : "no"},
          {"exposure", exposure == exposed.end() ? "-" : exposure->second}};
}

} // namespace

std::map<std::string, std::string> exposures(std::string_view json) {
  std::map<std::string, std::string> found;
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_array())
    return found;
  for (const Json& entry : document)
    if (entry.is_object() && entry.contains("unit") && entry["unit"].is_string() &&
        entry.contains("exposure") && entry["exposure"].is_string())
      found[entry["unit"].get<std::string>()] = entry["exposure"].get<std::string>();
  return found;
}

std::string layers_of(std::string_view drop_in, bool in_systems_list) {
  std::string layers;
  const auto add = [&](std::string_view layer) {
    layers += fmt::format("{}{}", layers.empty() ? "" : ", ", layer);
  };
  if (in_systems_list)
    add("system");
  if (drop_in.find("LD_PRELOAD=") != std::string_view::npos)
    add("variable");
  if (wants_own_preload(drop_in))
    add("list");
  return layers.empty() ? "-" : layers;
}

int list_units(const SystemdOptions& options) {
  StatusQuestion question;
  question.silent = true;
  Collector collector;
  const int code = look_at_processes(question, collector);
  const std::map<std::string, std::string> exposed =
      exposures(answer_of({"systemd-analyze", "security", "--no-pager", "--json=short"}));
  const bool in_systems_list = systems_list_names_library();
  ListedUnits units = collector.units();
  for (const std::string& name : service_names(SystemRoot{}))
    units.try_emplace(name); // as what does not run
  std::vector<Row> rows;
  rows.reserve(units.size());
  for (const auto& [name, unit] : units)
    rows.push_back(described(name, unit, exposed, in_systems_list));
  if (options.json)
    answer_document({{"schema", "sealwax-units 1"}}, rows);
  else if (!rows.empty())
    answer_table(rows, wants_color(options.color));
  if (rows.empty()) {
    complain("there is no service of systemd's here");
    return kCouldNotTell;
  }
  return code == kCouldNotTell ? kCouldNotTell : kAsItShouldBe;
}

} // namespace sealwax::cli
