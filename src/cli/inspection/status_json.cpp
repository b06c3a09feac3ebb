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

Json map_object(const Survey& survey, const Part& part, MappingVerdict verdict) {
  const Mapping& mapping = survey.mappings[part.mapping];
  std::optional<std::string_view> region;
  if (part.region)
    region = region_name(*part.region);
  std::optional<std::string_view> object;
  if (part.object != Part::kNone)
    object = survey.objects[part.object].path;
  // Addresses as text: a JSON number loses the low bits of those above 2^53.
  return {{"begin", fmt::format("0x{:x}", part.range.begin)},
          {"end", fmt::format("0x{:x}", part.range.end)},
          {"permissions", std::string{mapping.permissions.begin(), mapping.permissions.end()}},
          {"sealed", mapping.sealed},
          {"finding", verdict == MappingVerdict::open || verdict == MappingVerdict::contents_open},
          {"verdict", part.region ? Json(verdict_name(verdict)) : Json(nullptr)},
          {"region", value_or_null(region)},
          {"object", value_or_null(object)},
          {"name", mapping.name}};
}

Json map_array(const ProcessStatus& status) {
  Json array = Json::array();
  for (std::size_t i = 0; i < status.survey->parts.size(); ++i)
    array.push_back(map_object(*status.survey, status.survey->parts[i], status.verdict.parts[i]));
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
      process["maps"] = status.survey ? map_array(status) : Json::array();
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
