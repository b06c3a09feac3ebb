// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/seal/seal_report.hpp"

#include "cli/output/output.hpp"
#include "cli/output/region_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sealwax::cli::seal {
namespace {

std::string size_text(std::size_t bytes) {
  constexpr double kMega = 1 << 20;
  return bytes < (1 << 20) ? fmt::format("{} KiB", bytes >> 10)
                           : fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMega);
}

RegionSet regions_of(const Json& names) {
  RegionSet regions;
  for (const Json& name : names)
    if (const auto region = region_named(name.get<std::string>()))
      regions = regions.with({*region});
  return regions;
}

} // namespace

std::string outcome_text(const Outcome& outcome, bool dry_run) {
  const std::string who = fmt::format("{} {}", outcome.pid, printable(outcome.executable));
  if (!outcome.problem.empty())
    return {};
  std::string text;
  if (outcome.mappings == 0)
    text = fmt::format("{}: nothing is left to seal\n", who);
  else
    text = fmt::format("{}: {} {} ranges of memory, {}; {} for {}{:.1f} ms\n", who,
                       dry_run ? "would seal" : "sealed", outcome.mappings,
                       size_text(outcome.bytes), dry_run ? "it would be stopped" : "it was stopped",
                       dry_run ? "about " : "", outcome.milliseconds);
  for (const Left& left : outcome.left)
    text += fmt::format("  open: {} of {}: {}\n", join_names(left.regions), printable(left.object),
                        left.why);
  return text;
}

Json outcome_json(const Outcome& outcome) {
  Json left = Json::array();
  for (const Left& entry : outcome.left)
    left.push_back(Json{{"object", entry.object},
                        {"regions", name_array(entry.regions)},
                        {"why", entry.why},
                        {"expected", entry.expected}});
  return Json{{"pid", outcome.pid},
              {"exe", text_or_null(outcome.executable)},
              {"ok", outcome.is_as_wanted()},
              {"problem", text_or_null(outcome.problem)},
              {"ranges", outcome.mappings},
              {"bytes", outcome.bytes},
              {"stopped_ms", outcome.milliseconds},
              {"open", std::move(left)},
              {"failures", outcome.failures}};
}

Outcome outcome_of(const Json& entry) {
  Outcome outcome;
  const auto text = [&entry](const char* name) {
    return entry.at(name).is_null() ? std::string{} : entry.at(name).get<std::string>();
  };
  outcome.pid = entry.at("pid").get<pid_t>();
  outcome.executable = text("exe");
  outcome.problem = text("problem");
  outcome.mappings = entry.at("ranges").get<std::size_t>();
  outcome.bytes = entry.at("bytes").get<std::size_t>();
  outcome.milliseconds = entry.at("stopped_ms").get<double>();
  for (const Json& left : entry.at("open"))
    outcome.left.push_back({left.at("object").get<std::string>(), regions_of(left.at("regions")),
                            left.at("why").get<std::string>(), left.at("expected").get<bool>()});
  outcome.failures = entry.at("failures").get<std::vector<std::string>>();
  return outcome;
}

std::string seal_json(const std::vector<Outcome>& outcomes,
                      const std::vector<std::string>& errors) {
  Json processes = Json::array();
  for (const Outcome& outcome : outcomes)
    processes.push_back(outcome_json(outcome));
  const bool ok =
      errors.empty() && std::all_of(outcomes.begin(), outcomes.end(),
                                    [](const Outcome& one) { return one.is_as_wanted(); });
  return text_of(Json{{"schema", "sealwax-seal 1"},
                      {"processes", std::move(processes)},
                      {"errors", errors},
                      {"ok", ok}},
                 2) +
         "\n";
}

} // namespace sealwax::cli::seal
