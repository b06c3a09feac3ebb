// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/verify.hpp"

#include "cli/commands/systemd/drop_in/no_new_code.hpp"
#include "cli/commands/systemd/unit/closure.hpp"
#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/inspection/status_look.hpp"
#include "cli/inspection/status_report.hpp"
#include "cli/system/kernel_probe.hpp"
#include "cli/system/unit_drop_in.hpp"

#include <chrono>
#include <memory>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace sealwax::cli {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kBetween{100};

/// Somebody who only wants to know how it ends.
class Deaf : public StatusReport {
public:
  void add(ProcessStatus) override {}
  void add_error(std::optional<pid_t>, std::string_view) override {}
  void finish(const StatusSummary&) override {}
};

/// A service's program may not have come as far as the library yet, and what it starts next has not
/// either: one look at which all is sealed is enough. False: there was none.
bool wait_until_sealed(StatusQuestion question, Clock::time_point end) {
  question.silent = true;
  Deaf deaf;
  while (look_at_processes(question, deaf) != kAsItShouldBe) {
    if (Clock::now() >= end)
      return false;
    std::this_thread::sleep_for(kBetween);
  }
  return true;
}

/// Whether the unit is closed to new code.
int look_for_new_code(const std::string& unit, std::string_view drop_in, Clock::time_point end) {
  std::vector<std::string> ways = ways_to_new_code(unit, drop_in);
  while (!ways.empty() && Clock::now() < end) {
    std::this_thread::sleep_for(kBetween);
    ways = ways_to_new_code(unit, drop_in);
  }
  for (const std::string& way : ways)
    complain_text(way);
  return ways.empty() ? kAsItShouldBe : kFindings;
}

} // namespace

int verify_unit(const SystemdOptions& options) {
  StatusQuestion question;
  const SystemRoot system;
  const UnitPlaces places = options.user ? users_places() : systems_places();
  question.unit = read_unit(system, full_unit_name(options.unit), std::nullopt, places).name;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>{options.wait.value_or(0)});
  if (options.wait)
    question.without = getpid();
  question.silent = options.wait && wait_until_sealed(question, end);
  const ReportOptions shape{false, wants_color(options.color)};
  const std::unique_ptr<StatusReport> report =
      options.json ? json_report(shape) : line_report(shape);
  const int looked = look_at_processes(question, *report);
  const int code = question.silent ? kAsItShouldBe : looked;
  if (code != kAsItShouldBe && probe_mseal() == Mseal::missing)
    complain("this kernel has no mseal(2), so that nothing is sealed; boot Linux 6.10 or later");
  const std::string drop_in = drop_in_of(SystemRoot{}, *question.unit);
  if (code == kFindings && !drop_in.empty())
    complain("{} has its drop-in; if it is older than the processes, 'systemctl daemon-reload && "
             "systemctl restart {}' has them sealed",
             printable(*question.unit), printable(*question.unit));
  return code == kAsItShouldBe && closes_to_new_code(drop_in)
             ? look_for_new_code(*question.unit, drop_in, end)
             : code;
}

} // namespace sealwax::cli
