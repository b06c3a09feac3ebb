// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace sealwax::cli {
namespace {

using State = Check::State;

constexpr std::array<std::string_view, 4> kStateNames = {"ok", "note", "finding", "unknown"};
constexpr std::array kStateStyles = {Style::good, Style::plain, Style::bad, Style::fair};

std::size_t number(State state) {
  return static_cast<std::size_t>(state);
}

std::string group_table(const CheckGroup& group, bool color) {
  using Align = Table::Align;
  Table table{{Align::left, Align::left, Align::left, Align::left}};
  for (const Check& check : group.checks) {
    table.add({{""},
               {std::string{kStateNames[number(check.state)]}, kStateStyles[number(check.state)]},
               {check.name},
               {check.fact}});
    if (!check.remedy.empty())
      table.add({{""}, {""}, {""}, {"-> " + check.remedy, Style::faint}});
  }
  return table.text(color);
}

} // namespace

Check fine(std::string name, std::string fact) {
  return {std::move(name), State::fine, std::move(fact), {}};
}

Check note(std::string name, std::string fact, std::string remedy) {
  return {std::move(name), State::note, std::move(fact), std::move(remedy)};
}

Check finding(std::string name, std::string fact, std::string remedy) {
  return {std::move(name), State::finding, std::move(fact), std::move(remedy)};
}

Check unknown(std::string name, std::string fact, std::string remedy) {
  return {std::move(name), State::unknown, std::move(fact), std::move(remedy)};
}

std::string doctor_text(const std::vector<CheckGroup>& groups, ExitCode can_seal, bool color) {
  const Cell answer = can_seal == kAsItShouldBe ? Cell{"yes", Style::good}
                      : can_seal == kFindings   ? Cell{"no", Style::bad}
                                                : Cell{"cannot tell", Style::fair};
  std::string text =
      fmt::format("this system can seal: {}\n\n", styled(answer.text, answer.style, color));
  std::array<std::size_t, kStateNames.size()> counts{};
  for (const CheckGroup& group : groups) {
    if (group.checks.empty())
      continue;
    text += styled(group.name, Style::heading, color) + '\n' + group_table(group, color);
    for (const Check& check : group.checks)
      counts[number(check.state)] += 1;
  }
  text += fmt::format("\n{} ok, {}, {} unknown\n", counts[0] + counts[1],
                      counted(counts[2], "finding", "findings"), counts[3]);
  return text;
}

std::string doctor_json(const std::vector<CheckGroup>& groups,
                        const std::vector<std::string>& errors, ExitCode can_seal, bool ok) {
  Json checks = Json::array();
  for (const CheckGroup& group : groups)
    for (const Check& check : group.checks)
      checks.push_back({{"group", group.name},
                        {"check", check.name},
                        {"ok", check.state == State::fine || check.state == State::note},
                        {"state", kStateNames[number(check.state)]},
                        {"fact", check.fact},
                        {"remedy", text_or_null(check.remedy)}});
  const Json document = {
      {"schema", "sealwax-doctor 1"},
      {"can_seal", can_seal == kCouldNotTell ? Json(nullptr) : Json(can_seal == kAsItShouldBe)},
      {"checks", checks},
      {"errors", errors},
      {"ok", ok}};
  return text_of(document, 1) + '\n';
}

} // namespace sealwax::cli
