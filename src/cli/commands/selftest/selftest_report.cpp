// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/selftest/selftest_report.hpp"

#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

constexpr std::array<std::string_view, 5> kColumns = {"text", "rodata", "relro", "gaps", "vdso"};

/// The worst of several effects, and of those by libc's functions.
struct Worst {
  std::optional<Effect> any;
  std::optional<Effect> by_libc;

  void note(Way way, Effect effect) {
    any = std::max(any.value_or(effect), effect);
    if (way == Way::libc)
      by_libc = std::max(by_libc.value_or(effect), effect);
  }
};

Cell cell_for(const Worst& worst) {
  if (!worst.any)
    return {"-", Style::faint};
  if (*worst.any != Effect::open)
    return {std::string{name_in(kEffectNames, *worst.any)}, Style::good};
  const bool only_raw = worst.by_libc && *worst.by_libc != Effect::open;
  return {only_raw ? "open, raw" : "open", Style::bad};
}

/// In the order in which the victim tries them.
std::vector<std::string> primitives_of(const Attempts& attempts) {
  std::vector<std::string> names;
  for (const Attempt& attempt : attempts.cells)
    if (std::find(names.begin(), names.end(), attempt.primitive) == names.end())
      names.push_back(attempt.primitive);
  return names;
}

Cell worst_of(const Attempts& attempts, const std::string& primitive, std::string_view region) {
  Worst worst;
  for (const Attempt& attempt : attempts.cells)
    if (attempt.primitive == primitive && attempt.region == region)
      worst.note(attempt.way, attempt.effect);
  return cell_for(worst);
}

Cell worst_of(const Attempts& attempts, const std::string& exploit) {
  Worst worst;
  for (const Exploit& candidate : attempts.exploits)
    if (candidate.name == exploit)
      worst.note(candidate.way, candidate.effect);
  return cell_for(worst);
}

std::vector<Cell> head(std::string first) {
  return {{std::move(first), Style::heading}};
}

std::string table_of(const Trial& trial, bool color) {
  Table table{std::vector<Table::Align>(kColumns.size() + 1, Table::Align::left)};
  std::vector<Cell> row = head(trial.setup.name);
  for (const std::string_view region : kColumns)
    row.push_back({std::string{region}, Style::heading});
  table.add(std::move(row));
  for (const std::string& primitive : primitives_of(trial.attempts)) {
    row = {{primitive}};
    for (const std::string_view region : kColumns)
      row.push_back(worst_of(trial.attempts, primitive, region));
    table.add(std::move(row));
  }
  return table.text(color) + '\n';
}

std::string exploit_table(const std::vector<Trial>& trials, bool color) {
  Table table{std::vector<Table::Align>(trials.size() + 1, Table::Align::left)};
  std::vector<Cell> row = head("exploit");
  for (const Trial& trial : trials)
    row.push_back({trial.setup.name, Style::heading});
  table.add(std::move(row));
  const std::vector<Exploit>& listed = trials.front().attempts.exploits;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (i != 0 && listed[i].name == listed[i - 1].name)
      continue;
    row = {{listed[i].name}};
    for (const Trial& trial : trials)
      row.push_back(worst_of(trial.attempts, listed[i].name));
    table.add(std::move(row));
  }
  return table.text(color) + '\n';
}

std::string explanation(const OpenCells& open) {
  return fmt::format("  {} on {}{} ({}): {}; closed by {}.\n", fmt::join(open.primitives, ", "),
                     fmt::join(open.regions, ", "), open.only_raw ? ", by system calls alone" : "",
                     fmt::join(open.setups, "; "), open.reason.why, open.reason.closed_by);
}

std::string verdict_line(const Judgement& verdict, bool color) {
  const std::string of =
      fmt::format("of {} attempts that README.md and SECURITY.md call closed", verdict.promised);
  if (verdict.broken.empty())
    return styled(fmt::format("as promised: {} none is open", of), Style::good, color) + '\n';
  std::string text = styled(
      fmt::format("not as promised: {} {} are open", of, verdict.broken.size()), Style::bad, color);
  for (const std::string& broken : verdict.broken)
    text += "\n  " + broken;
  return text + '\n';
}

Json attempts_object(const Trial& trial) {
  Json cells = Json::array();
  for (const Attempt& attempt : trial.attempts.cells)
    cells.push_back({{"object", attempt.object},
                     {"region", attempt.region},
                     {"primitive", attempt.primitive},
                     {"way", name_in(kWayNames, attempt.way)},
                     {"effect", name_in(kEffectNames, attempt.effect)},
                     {"promised", trial.setup.has_library() &&
                                      is_promised(trial.setup.of(attempt.object), attempt)}});
  Json exploits = Json::array();
  for (const Exploit& exploit : trial.attempts.exploits)
    exploits.push_back({{"exploit", exploit.name},
                        {"way", name_in(kWayNames, exploit.way)},
                        {"effect", name_in(kEffectNames, exploit.effect)}});
  return {{"setup", trial.setup.name},
          {"library", trial.setup.has_library()},
          {"exploits", exploits},
          {"cells", cells}};
}

Json open_array(const std::vector<Trial>& trials) {
  Json array = Json::array();
  for (const OpenCells& open : open_cells(trials))
    array.push_back({{"setups", open.setups},
                     {"primitives", open.primitives},
                     {"regions", open.regions},
                     {"only_raw", open.only_raw},
                     {"why", open.reason.why},
                     {"closed_by", open.reason.closed_by}});
  return array;
}

} // namespace

std::string selftest_text(const SelftestResult& result, bool color) {
  std::string text =
      fmt::format("kernel: {}\nlibrary: {}\npolicy: {}\n\n", printable(result.kernel),
                  printable(result.library),
                  result.policy.empty() ? "built-in default" : printable(result.policy));
  text += exploit_table(result.trials, color);
  for (const Trial& trial : result.trials)
    text += table_of(trial, color);
  text += "open with the library:\n";
  for (const OpenCells& open : open_cells(result.trials))
    text += explanation(open);
  return text + '\n' + verdict_line(verdict_on(result.trials), color);
}

std::string selftest_json(const SelftestResult& result) {
  const Judgement verdict = verdict_on(result.trials);
  Json setups = Json::array();
  for (const Trial& trial : result.trials)
    setups.push_back(attempts_object(trial));
  const Json document = {{"schema", "sealwax-selftest 1"},
                         {"kernel", result.kernel},
                         {"library", result.library},
                         {"policy", text_or_null(result.policy)},
                         {"setups", setups},
                         {"open", open_array(result.trials)},
                         {"promised", verdict.promised},
                         {"broken", verdict.broken},
                         {"errors", Json::array()},
                         {"ok", verdict.broken.empty()}};
  return text_of(document, 1) + '\n';
}

std::string selftest_error_json(const std::string& message) {
  const Json document = {{"schema", "sealwax-selftest 1"},
                         {"setups", Json::array()},
                         {"errors", {message}},
                         {"ok", false}};
  return text_of(document, 1) + '\n';
}

} // namespace sealwax::cli
