// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/status_report.hpp"
#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <utility>

namespace sealwax::cli {
namespace {

template <typename Value>
Json value_or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json region_object(const RegionTable& regions) {
  Json object = Json::object();
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    Json& region = object[std::string{kRegions[i].name}];
    if (regions[i])
      region = {{"mappings", regions[i]->mappings},
                {"bytes", regions[i]->bytes},
                {"sealed_mappings", regions[i]->sealed_mappings},
                {"sealed_bytes", regions[i]->sealed_bytes}};
  }
  return object;
}

Json verdict_object(const ProcessStatus& status) {
  Json object = Json::object();
  for (std::size_t i = 0; i < kRegionCount; ++i)
    object[std::string{kRegions[i].name}] = status.regions[i]
                                                ? summary_of(status.verdict.regions[i])
                                                : verdict_name(MappingVerdict::unknown);
  return object;
}

/// null: there is no library, or one that counts otherwise.
Json counts_object(const std::optional<LibraryCounts>& counts) {
  if (!counts)
    return nullptr;
  return {{"waiting", counts->waiting},
          {"left_open", counts->beyond},
          {"closed", counts->buried},
          {"mappings", counts->mappings},
          {"private_bytes", counts->private_bytes},
          {"kept_bytes", counts->kept_bytes},
          {"most_mappings", counts->most_mappings},
          {"most_private_bytes", counts->most_private_bytes},
          {"most_kept_bytes", counts->most_kept_bytes},
          {"loads_not_looked_at", counts->scans_left_out},
          {"dropped_reports", counts->dropped_reports}};
}

Json map_object(const MapRow& row) {
  std::optional<std::string_view> region;
  if (row.region)
    region = region_name(*row.region);
  const bool finding =
      row.verdict == MappingVerdict::open || row.verdict == MappingVerdict::contents_open;
  // Addresses as text: a JSON number loses the low bits of those above 2^53.
  return {{"begin", fmt::format("0x{:x}", row.range.begin)},
          {"end", fmt::format("0x{:x}", row.range.end)},
          {"permissions", std::string{row.permissions.begin(), row.permissions.end()}},
          {"sealed", row.sealed},
          {"finding", finding},
          {"verdict", row.region ? Json(verdict_name(row.verdict)) : Json(nullptr)},
          {"region", value_or_null(region)},
          {"object", value_or_null(row.object)},
          {"name", row.name}};
}

Json map_array(const ProcessStatus& status) {
  Json array = Json::array();
  for (const MapRow& row : status.maps)
    array.push_back(map_object(row));
  return array;
}

Json threshold_object(const Threshold& threshold) {
  return {{"percent", threshold.percent},
          {"sealed_percent", threshold.share()},
          {"wanted_bytes", threshold.wanted_bytes},
          {"sealed_bytes", threshold.sealed_bytes},
          {"met", threshold.met()}};
}

/// Written process by process: the mappings of all the processes of a machine fill more memory
/// than a tool should take.
class JsonReport : public StatusReport {
public:
  explicit JsonReport(ReportOptions options) : options_(options) {
    answer("{\"schema\":\"sealwax-status 1\",\n\"processes\":[");
  }

  void add(ProcessStatus status) override {
    Json process = {{"pid", status.pid},
                    {"exe", value_or_null(status.executable)},
                    {"unit", text_or_null(status.unit)},
                    {"user", value_or_null(status.user)},
                    {"readable", status.readable},
                    {"ok", status.exit_code() == 0},
                    {"policy", text_or_null(status.policy)},
                    {"policy_known", status.policy_known},
                    {"notes", status.notes},
                    {"counts", counts_object(status.counts)},
                    {"wanted", name_array(status.verdict.wanted)},
                    {"observed", name_array(status.verdict.observed)},
                    {"findings", name_array(status.verdict.findings())},
                    {"verdict", verdict_name(status.whole())},
                    {"verdicts", verdict_object(status)},
                    {"regions", region_object(status.regions)}};
    if (options_.maps)
      process["maps"] = map_array(status);
    answer(fmt::format("{}\n{}", std::exchange(separator_, ","), text_of(process)));
  }

  void add_error(std::optional<pid_t> pid, std::string_view message) override {
    Json error = Json::object();
    error["pid"] = value_or_null(pid);
    error["message"] = message;
    errors_.push_back(std::move(error));
  }

  void finish(const StatusSummary& summary) override {
    answer(fmt::format("],\n\"errors\":{},\n", text_of(errors_)));
    if (summary.threshold)
      answer(fmt::format("\"threshold\":{},\n", text_of(threshold_object(*summary.threshold))));
    answer(fmt::format("\"ok\":{}}}\n", summary.exit_code == 0));
  }

private:
  ReportOptions options_;
  const char* separator_ = "";
  Json errors_ = Json::array();
};

} // namespace

std::unique_ptr<StatusReport> json_report(ReportOptions options) {
  return std::make_unique<JsonReport>(options);
}

void answer_status_failure(const std::string& message, ExitCode code) {
  const std::unique_ptr<StatusReport> report = json_report({});
  report->add_error(std::nullopt, message);
  report->finish({code, std::nullopt});
}

} // namespace sealwax::cli
