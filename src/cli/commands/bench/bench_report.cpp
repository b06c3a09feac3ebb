// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/bench/bench_report.hpp"

#include "cli/commands/bench/bench_statistics.hpp"
#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <span>

namespace sealwax::cli {
namespace {

struct Unit {
  double size;
  std::string_view name;
};

constexpr Unit kTimes[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}};
constexpr Unit kSizes[] = {{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}};

/// With three digits, in the largest unit of which there is one.
std::string quantity(double value, std::span<const Unit> units) {
  const Unit* unit = &units.back();
  for (const Unit& candidate : units)
    if (value >= candidate.size) {
      unit = &candidate;
      break;
    }
  const double number = value / unit->size;
  const int decimals = number >= 100 ? 0 : number >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} {}", number, decimals, unit->name);
}

Comparison comparison(const Samples& samples, std::size_t measure) {
  return compare(samples.without[measure], samples.with[measure]);
}

std::size_t pairs(const Samples& samples) {
  return samples.without.front().size();
}

std::string command_line(const std::vector<std::string>& command) {
  return printable(fmt::format("{}", fmt::join(command, " ")));
}

/// Bad is what certainly costs, good what certainly does not.
Style style_of(const std::optional<Interval>& interval) {
  if (!interval || (interval->low <= 1 && interval->high >= 1))
    return Style::plain;
  return interval->low > 1 ? Style::bad : Style::good;
}

Json document(const std::vector<std::string>& command) {
  return {{"schema", "sealwax-bench 1"}, {"command", command}};
}

Json measure_object(const Samples& samples, std::size_t measure) {
  const Comparison found = comparison(samples, measure);
  Json object = {{"without", found.without},
                 {"with", found.with},
                 {"ratio", found.ratio ? Json(*found.ratio) : Json(nullptr)},
                 {"interval", nullptr},
                 {"runs_without", samples.without[measure]},
                 {"runs_with", samples.with[measure]}};
  if (found.interval)
    object["interval"] = {found.interval->low, found.interval->high};
  return object;
}

} // namespace

std::string bench_text(const BenchResult& result, bool color) {
  using Align = Table::Align;
  Table table{{Align::left, Align::right, Align::right, Align::right, Align::left}};
  const Style heading = Style::heading;
  table.add({{"", heading},
             {"without", heading},
             {"with", heading},
             {"ratio", heading},
             {"95 % interval", heading}});
  for (std::size_t i = 0; i < kMeasureNames.size(); ++i) {
    const Comparison found = comparison(result.samples, i);
    const std::span<const Unit> units =
        static_cast<Measure>(i) == Measure::memory ? std::span{kSizes} : std::span{kTimes};
    table.add({{std::string{kMeasureNames[i]}},
               {quantity(found.without, units)},
               {quantity(found.with, units)},
               {found.ratio ? fmt::format("{:.3f}", *found.ratio) : "-", style_of(found.interval)},
               {found.interval
                    ? fmt::format("{:.3f} to {:.3f}", found.interval->low, found.interval->high)
                    : "-"}});
  }
  return fmt::format("{}\npolicy: {}\n{} of runs, medians\n{}", command_line(result.command),
                     result.policy.empty() ? "built-in default" : printable(result.policy),
                     counted(pairs(result.samples), "pair", "pairs"), table.text(color));
}

std::string bench_json(const BenchResult& result) {
  Json json = document(result.command);
  json["policy"] = text_or_null(result.policy);
  json["pairs"] = pairs(result.samples);
  json["confidence"] = kConfidence;
  json["method"] = "order statistics of the pairs' ratios";
  constexpr std::array kKeys = {"wall_seconds", "cpu_seconds", "memory_bytes"};
  for (std::size_t i = 0; i < kKeys.size(); ++i)
    json[kKeys[i]] = measure_object(result.samples, i);
  json["errors"] = Json::array();
  json["ok"] = true;
  return text_of(json, 1) + '\n';
}

std::string bench_error_json(const std::string& message) {
  Json json = document({});
  json["errors"] = {message};
  json["ok"] = false;
  return text_of(json, 1) + '\n';
}

} // namespace sealwax::cli
