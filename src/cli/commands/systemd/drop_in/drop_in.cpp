// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/drop_in/drop_in.hpp"

#include "cli/commands/systemd/unit/file/time_span.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/system/unit_drop_in.hpp"
#include "deploy/preload_file.hpp"
#include "deploy/preload_text.hpp"
#include "deploy/unit_lists.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

/// The library in front of the unit's own list, which has it once at most afterwards.
std::string preload_list(const std::string& library, const std::string& present) {
  std::string list = library;
  for (std::size_t at = 0; at < present.size();) {
    const std::size_t end = std::min(present.find_first_of(": ", at), present.size());
    const std::string entry = present.substr(at, end - at);
    if (!entry.empty() && entry != library)
      list += ':' + entry;
    at = end + 1;
  }
  return list;
}

/// In BindReadOnlyPaths= a colon ends the path, and a backslash takes the meaning from what follows
/// (systemd's extract_first_word).
std::string bound_path(const std::string& path) {
  std::string result;
  for (const char letter : path) {
    if (letter == ':' || letter == '\\' || letter == ' ')
      result += '\\';
    result += letter;
  }
  return without_specifiers(result);
}

/// systemd has an escape for some control characters and ends the line at others; neither ld.so nor
/// the library is called so by anybody who means well.
std::string environment_line(std::string_view name, const std::string& value) {
  const bool control = std::any_of(value.begin(), value.end(), [](char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return code < 0x20 || code == 0x7f;
  });
  if (control)
    throw CommandError(fmt::format("{} would be '{}', and a unit takes no control character; name "
                                   "a path without",
                                   name, printable(value)));
  return fmt::format("Environment={}\n", quoted_word(fmt::format("{}={}", name, value)));
}

} // namespace

std::string own_list_path(const Unit& unit) {
  return fmt::format("{}/{}.d/{}", unit.own_folder, unit.name, deploy::kUnitListName);
}

std::string own_list(const std::string& library, std::string_view systems) {
  std::string text(systems.size() + library.size() + deploy::kRoomBesidesEntry, '\0');
  text.resize(deploy::put_entry(systems, library, text.data()));
  return fmt::format("{}\n{}", kDropInMark, text);
}

DropIn make_drop_in(const Unit& unit, const std::string& library, const std::string& policy,
                    const CallSets& sets, Layers layers) {
  const std::optional<UnitSetting> present = unit.variable("LD_PRELOAD");
  DropIn result;
  result.preload = preload_list(without_specifiers(library), present ? present->value : "");
  result.text =
      fmt::format("{}\n[Service]\n{}", kDropInMark, environment_line("LD_PRELOAD", result.preload));
  if (!policy.empty())
    result.text += environment_line(kPolicyVariable, without_specifiers(policy));
  // The library onto itself: were it missing, the unit would not start, rather than run unsealed.
  if (layers == Layers::variable_and_list)
    result.text +=
        fmt::format("BindReadOnlyPaths={}\nBindReadOnlyPaths={}:{}\n", bound_path(library),
                    bound_path(own_list_path(unit)), deploy::kPreloadPath);
  if (sets.name_is_known && judge_filter(unit, sets) == FilterVerdict::lacks_it)
    result.text += "# The unit's filter does not list it. Without that filter this line has to go: "
                   "alone it\n# would forbid everything else.\nSystemCallFilter=mseal\n";
  return result;
}

std::string require_lines(const Unit& unit, const std::string& tool) {
  if (unit.last("Type") == "oneshot" && !unit.values("ExecStart").empty())
    throw CommandError(fmt::format("{} is Type=oneshot, so that its program has ended before "
                                   "anybody can look; start it by 'sealwax run --require'",
                                   printable(unit.name)));
  // systemd's own TimeoutStartSec= is 90 seconds, and those go on while the command waits.
  constexpr double kUsual = 90;
  constexpr double kLongest = 30;
  double timeout = kUsual;
  for (const char* key : {"TimeoutSec", "TimeoutStartSec"})
    if (const std::string value = unit.last(key); !value.empty())
      timeout = seconds_of(value).value_or(timeout);
  return fmt::format("# Fails closed: with a + it looks as root, and at the whole system.\n"
                     "ExecStartPost=+{} systemd --verify --wait={:.3g} %n\n",
                     quoted_word(without_specifiers(tool)), std::min(kLongest, timeout / 2));
}

bool fails_closed(std::string_view drop_in) {
  return drop_in.find("\nExecStartPost=+") != std::string_view::npos;
}

std::string start_lines(const std::vector<std::string>& commands) {
  if (commands.empty())
    return {};
  std::string lines =
      "# No loader starts the unit's program; sealwax run seals it. Where the unit's "
      "own ExecStart=\n# changes, write this anew.\nExecStart=\n";
  for (const std::string& command : commands)
    lines += fmt::format("ExecStart={}\n", command);
  return lines;
}

} // namespace sealwax::cli
