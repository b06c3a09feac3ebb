// SPDX-License-Identifier: Apache-2.0
#include "cli/process/process_facts.hpp"

#include "cli/output/text_parts.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>

namespace sealwax::cli {
namespace {

/// The path of the hierarchy that systemd keeps: version 1's by its name, or version 2's. In a
/// container the first can be the host's, in which all that is in here lies at the root.
std::string_view systemd_path(std::string_view text) {
  std::string_view path;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', std::min(first, line.size() - 1) + 1);
    if (first == std::string_view::npos || second == std::string_view::npos)
      continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers == "name=systemd" && line.substr(second + 1) != "/")
      return line.substr(second + 1);
    if (controllers.empty())
      path = line.substr(second + 1);
  }
  return path;
}

} // namespace

std::vector<std::string> cgroup_path(std::string_view cgroup_text) {
  std::vector<std::string> components;
  for (std::string_view rest = systemd_path(cgroup_text); !rest.empty();) {
    std::string_view component = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(component.size() + 1, rest.size()));
    // systemd's escape for names that the kernel would take for its own.
    if (component.starts_with('_'))
      component.remove_prefix(1);
    if (!component.empty())
      components.emplace_back(component);
  }
  return components;
}

std::string unit_of(const std::vector<std::string>& path) {
  const auto unit = std::find_if(path.begin(), path.end(), [](const std::string& component) {
    return !component.ends_with(".slice");
  });
  const bool is_unit = unit != path.end() && unit->find('.') != std::string::npos;
  return is_unit ? *unit : std::string{};
}

namespace {

std::optional<std::uint64_t> number_of(std::string_view status_text, std::string_view name,
                                       int base) {
  const std::string key = '\n' + std::string{name} + ":";
  const std::size_t at = status_text.find(key);
  if (at == std::string_view::npos)
    return std::nullopt;
  std::string_view value = status_text.substr(at + key.size());
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  std::uint64_t number = 0;
  const auto [stop, error] =
      std::from_chars(value.data(), value.data() + value.size(), number, base);
  return error == std::errc{} ? std::optional{number} : std::nullopt;
}

} // namespace

std::optional<std::uint64_t> status_number(std::string_view status_text, std::string_view name) {
  return number_of(status_text, name, 10);
}

std::uint64_t pending_signals(std::string_view status_text) {
  return number_of(status_text, "SigPnd", 16).value_or(0) |
         number_of(status_text, "ShdPnd", 16).value_or(0);
}

bool is_being_killed(std::string_view status_text) {
  constexpr std::uint64_t kKill = std::uint64_t{1} << (SIGKILL - 1U);
  return (pending_signals(status_text) & kKill) != 0;
}

std::uint64_t awaited_signals(std::string_view status_text) {
  const auto mask = [status_text](std::string_view name) {
    return number_of(status_text, name, 16).value_or(0);
  };
  std::uint64_t nothing = 0;
  for (const int signal : {SIGCHLD, SIGCONT, SIGURG, SIGWINCH})
    nothing |= std::uint64_t{1} << static_cast<unsigned>(signal - 1);
  return pending_signals(status_text) & ~mask("SigBlk") & ~mask("SigIgn") &
         ~(nothing & ~mask("SigCgt"));
}

std::optional<uid_t> user_of(std::string_view status_text) {
  const std::optional<std::uint64_t> user = status_number(status_text, "Uid");
  return user ? std::optional{static_cast<uid_t>(*user)} : std::nullopt;
}

bool is_filtered(std::string_view status_text) {
  constexpr std::uint64_t kFilter = 2; // SECCOMP_MODE_FILTER
  return status_number(status_text, "Seccomp") == kFilter;
}

} // namespace sealwax::cli
