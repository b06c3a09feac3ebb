// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/file/environment_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fnmatch.h>

namespace sealwax::cli {
namespace {

/// What a specifier stands for (systemd.unit(5)).
std::optional<std::string> meaning_of(char specifier, const std::string& unit) {
  std::string stem = unit.substr(0, unit.rfind('.'));
  const std::size_t at = std::min(stem.find('@'), stem.size());
  switch (specifier) {
  case '%':
    return "%";
  case 'n':
    return unit;
  case 'N':
    return stem;
  case 'p':
    return stem.substr(0, at);
  case 'i':
    return at < stem.size() ? stem.substr(at + 1) : "";
  default:
    return std::nullopt;
  }
}

std::optional<std::string> with_meanings(const std::string& text, const std::string& unit) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const std::optional<std::string> meaning =
        meaning_of(i + 1 < text.size() ? text[++i] : '\0', unit);
    if (!meaning)
      return std::nullopt;
    result += *meaning;
  }
  return result;
}

} // namespace

std::optional<std::vector<std::string>>
environment_files(const SystemRoot& root, const std::string& unit, const std::string& value) {
  const std::optional<std::string> known = with_meanings(value, unit);
  if (!known)
    return std::nullopt;
  const std::filesystem::path path{*known};
  const std::string pattern = path.filename().string();
  if (pattern.find_first_of("*?[") == std::string::npos)
    return std::vector{*known};
  std::vector<std::string> files;
  for (const std::string& name : root.names(path.parent_path().string()))
    if (fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0)
      files.push_back((path.parent_path() / name).string());
  return files;
}

} // namespace sealwax::cli
