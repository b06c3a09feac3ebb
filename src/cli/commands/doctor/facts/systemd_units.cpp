// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/facts/systemd_units.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/system/child_command.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace sealwax::cli {
namespace {

/// Between blanks. An error's number may follow a call: "mount:1".
bool has_call(std::string_view text, std::string_view call) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (word.substr(0, word.find(':')) == call)
      return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

/// A list that begins with ~ names what is refused, another one all that is not (systemd.exec(5)).
bool list_refuses(std::string_view list, std::string_view call) {
  if (list.starts_with('~'))
    return has_call(list.substr(1), call);
  return !list.empty() && !has_call(list, call);
}

bool preloads_library(std::string_view environment) {
  const std::size_t at = environment.find("LD_PRELOAD=");
  if (at == std::string_view::npos)
    return false;
  return environment.substr(at).find("libsealwax.so") != std::string_view::npos;
}

void apply(SystemdUnit& unit, std::string_view key, std::string_view value) {
  if (key == "Id")
    unit.name = value;
  else if (key == "Environment")
    unit.preloads = preloads_library(value);
  else if (key == "SystemCallFilter")
    unit.refuses_mseal = list_refuses(value, "mseal");
}

} // namespace

std::vector<SystemdUnit> parse_units(std::string_view text) {
  std::vector<SystemdUnit> units;
  bool fresh = true;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t equals = line.find('=');
    if (line.empty() || equals == std::string_view::npos) {
      fresh = true;
      continue;
    }
    if (std::exchange(fresh, false))
      units.emplace_back();
    apply(units.back(), line.substr(0, equals), line.substr(equals + 1));
  }
  std::sort(units.begin(), units.end(),
            [](const SystemdUnit& a, const SystemdUnit& b) { return a.name < b.name; });
  return units;
}

bool systemd_runs() {
  return access("/run/systemd/system", F_OK) == 0;
}

std::optional<std::vector<SystemdUnit>> running_services() {
  const std::string text =
      answer_of({"systemctl", "show", "--no-pager", "--type=service", "--state=running",
                 "--property=Id,Environment,SystemCallFilter", "*"});
  if (text.empty())
    return std::nullopt;
  return parse_units(text);
}

} // namespace sealwax::cli
