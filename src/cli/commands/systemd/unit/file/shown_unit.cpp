// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/file/shown_unit.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/system/child_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace sealwax::cli {
namespace {

/// What says where something is mounted for a unit, and is none of the lines of Sealwax's own.
constexpr auto kPlaces = std::to_array<std::string_view>(
    {"BindPaths", "CacheDirectory", "ConfigurationDirectory", "DeviceAllow", "DynamicUser",
     "LogsDirectory", "PrivateUsers", "ProtectHome", "ProtectSystem", "ReadWritePaths",
     "RootDirectory", "RootImage", "RuntimeDirectory", "StateDirectory", "TemporaryFileSystem"});
constexpr auto kBeside =
    std::to_array<std::string_view>({"LoadState", "NeedDaemonReload", "ProtectClock"});

using Answers = std::map<std::string, std::vector<std::string>, std::less<>>;

Answers answers_in(std::string_view shown) {
  Answers answers;
  while (!shown.empty()) {
    const std::string_view line = take_line(shown);
    if (const std::size_t equals = line.find('='); equals != std::string_view::npos)
      answers[std::string{line.substr(0, equals)}].emplace_back(line.substr(equals + 1));
  }
  return answers;
}

bool says(const Answers& answers, std::string_view key, std::string_view value) {
  const auto found = answers.find(key);
  return found != answers.end() && found->second.size() == 1 && found->second.front() == value;
}

/// Of what ProtectClock= itself allows nobody has said that the unit has it.
bool is_implied(const Answers& answers, std::string_view key, std::string_view value) {
  return key == "DeviceAllow" && value == "char-rtc r" && says(answers, "ProtectClock", "yes");
}

void replace(Unit& unit, std::string_view key, const Answers& answers) {
  const auto is_same = [&](const UnitSetting& setting) {
    return setting.section == "Service" &&
           (setting.key == key ||
            (key == "ReadWritePaths" && setting.key == "ReadWriteDirectories"));
  };
  std::erase_if(unit.settings, is_same);
  for (const std::string& value : answers.find(key)->second)
    // systemd has put in what specifiers stand for.
    if (!value.empty() && !is_implied(answers, key, value))
      unit.settings.push_back(
          {"Service", std::string{key}, without_specifiers(value), "systemctl show"});
}

std::vector<std::string> question(const std::string& unit) {
  return {"systemctl",
          "show",
          "--no-pager",
          fmt::format("--property={},{}", fmt::join(kPlaces, ","), fmt::join(kBeside, ",")),
          "--",
          unit};
}

} // namespace

std::optional<Unit> with_places_shown(Unit by_files, std::string_view shown) {
  const Answers answers = answers_in(shown);
  if (!says(answers, "LoadState", "loaded") || !says(answers, "NeedDaemonReload", "no"))
    return std::nullopt;
  for (const std::string_view key : kPlaces)
    if (answers.contains(key))
      replace(by_files, key, answers);
  return by_files;
}

SettledUnit settled_unit(const SystemRoot& root, const Unit& by_files) {
  if (!root.is_own())
    return {by_files, "of another system"};
  if (by_files.name.find("@.") != std::string::npos)
    return {by_files, "of a template, of which systemd has instances alone"};
  const std::string shown = answer_of(question(by_files.name));
  if (shown.empty())
    return {by_files, "no systemd answers"};
  std::optional<Unit> found = with_places_shown(by_files, shown);
  return found ? SettledUnit{*std::move(found), {}}
               : SettledUnit{by_files, "systemd has not read them as they are now"};
}

} // namespace sealwax::cli
