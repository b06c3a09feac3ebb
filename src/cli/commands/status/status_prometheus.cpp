// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/status/status_prometheus.hpp"

#include "cli/output/character.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <tuple>

namespace sealwax::cli {
namespace {

/// As Prometheus' text format 0.0.4 wants it. Label values have to be UTF-8, and file names need
/// not be: what is not, and what could mislead whoever reads it, becomes U+FFFD.
std::string label_value(const std::string& text) {
  std::string result;
  for_each_character(text, [&result](const Character& character) {
    if (character.code == '\n' && character.valid)
      result += "\\n";
    else if (character.misleads())
      result += "\ufffd";
    else if (character.code == '\\' || character.code == '"')
      result += fmt::format("\\{}", character.bytes);
    else
      result += character.bytes;
  });
  return result;
}

/// All processes of one program in one unit: a PID as a label would make a new time series for
/// each process there ever was.
struct Sum {
  std::array<std::size_t, kVerdictCount> processes{}; ///< by MappingVerdict
  RegionTable regions;
  std::size_t wanted_bytes = 0;
  std::size_t sealed_bytes = 0;
};

void add(RegionTable& sums, const RegionTable& regions) {
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    if (!regions[i])
      continue;
    RegionCounts& sum = sums[i] ? *sums[i] : sums[i].emplace();
    sum.bytes += regions[i]->bytes;
    sum.sealed_bytes += regions[i]->sealed_bytes;
  }
}

using CountOfRegion = std::size_t RegionCounts::*;

class PrometheusReport : public StatusReport {
public:
  void add(ProcessStatus status) override {
    Sum& sum = sums_[{status.unit, status.executable.value_or('[' + status.name + ']')}];
    sum.processes[static_cast<std::size_t>(status.whole())] += 1;
    sum.wanted_bytes += status.verdict.wanted_bytes;
    sum.sealed_bytes += status.verdict.sealed_bytes;
    cli::add(sum.regions, status.regions);
  }

  void add_error(std::optional<pid_t>, std::string_view) override { ++errors_; }

  void finish(const StatusSummary&) override {
    family("sealwax_processes", "Processes, by whether they are sealed as their policy wants.",
           [](const Sum& sum, const auto& write) {
             for (std::size_t i = 0; i < kVerdictCount; ++i)
               write(fmt::format(",verdict=\"{}\"", verdict_name(static_cast<MappingVerdict>(i))),
                     sum.processes[i]);
           });
    family("sealwax_wanted_bytes", "Memory that the policies want sealed.",
           [](const Sum& sum, const auto& write) { write("", sum.wanted_bytes); });
    family("sealwax_wanted_sealed_bytes", "Of sealwax_wanted_bytes, what is sealed.",
           [](const Sum& sum, const auto& write) { write("", sum.sealed_bytes); });
    region_family("sealwax_region_bytes", "Memory, by the region that it belongs to.",
                  &RegionCounts::bytes);
    region_family("sealwax_region_sealed_bytes", "Of sealwax_region_bytes, what is sealed.",
                  &RegionCounts::sealed_bytes);
    answer(heading("sealwax_errors", "Messages about what could not be told."));
    answer(fmt::format("sealwax_errors {}\n", errors_));
  }

private:
  static std::string heading(std::string_view name, std::string_view help) {
    return fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
  }

  /// `samples` is called for each sum with a function that writes one of its lines.
  template <typename Samples>
  void family(std::string_view name, std::string_view help, Samples samples) const {
    answer(heading(name, help));
    for (const auto& [key, sum] : sums_) {
      const std::string labels = fmt::format("unit=\"{}\",program=\"{}\"", label_value(key.first),
                                             label_value(key.second));
      samples(sum, [&](const std::string& more, std::size_t value) {
        answer(fmt::format("{}{{{}{}}} {}\n", name, labels, more, value));
      });
    }
  }

  void region_family(std::string_view name, std::string_view help, CountOfRegion number) const {
    family(name, help, [number](const Sum& sum, const auto& write) {
      for (std::size_t i = 0; i < kRegionCount; ++i)
        if (sum.regions[i])
          write(fmt::format(",region=\"{}\"", kRegions[i].name), (*sum.regions[i]).*number);
    });
  }

  std::map<std::pair<std::string, std::string>, Sum> sums_; ///< by unit and program
  std::size_t errors_ = 0;
};

} // namespace

std::unique_ptr<StatusReport> prometheus_report() {
  return std::make_unique<PrometheusReport>();
}

} // namespace sealwax::cli
