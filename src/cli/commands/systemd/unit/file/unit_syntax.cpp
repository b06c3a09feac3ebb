// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/output/text_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sealwax::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r";

/// Lines joined where one ends in a backslash; comments are no part of what they interrupt.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::string line;
  bool continued = false;
  while (!text.empty()) {
    const std::string_view part = take_line(text);
    const std::string_view bare = trimmed(part, kBlanks);
    if (bare.starts_with('#') || bare.starts_with(';') || (bare.empty() && !continued))
      continue;
    continued = part.ends_with('\\');
    line += part.substr(0, part.size() - (continued ? 1 : 0));
    if (continued)
      line += ' ';
    else
      lines.push_back(std::exchange(line, {}));
  }
  if (!line.empty())
    lines.push_back(line);
  return lines;
}

char unescaped(char letter) {
  switch (letter) {
  case 'n':
    return '\n';
  case 't':
    return '\t';
  case 's':
    return ' ';
  default:
    return letter;
  }
}

bool means_false(std::string_view value) {
  constexpr std::array<std::string_view, 7> kFalse = {"", "0", "no", "n", "false", "f", "off"};
  return std::find(kFalse.begin(), kFalse.end(), value) != kFalse.end();
}

bool means_true(std::string_view value) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "yes", "y", "true", "t", "on"};
  return std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end();
}

} // namespace

std::vector<UnitSetting> parse_unit(const std::string& file, std::string_view text) {
  std::vector<UnitSetting> settings;
  std::string section;
  for (const std::string& whole : logical_lines(text)) {
    const std::string_view line = trimmed(whole, kBlanks);
    const std::size_t equals = line.find('=');
    if (line.starts_with('[') && line.ends_with(']'))
      section = line.substr(1, line.size() - 2);
    else if (equals != std::string_view::npos)
      settings.push_back({section, std::string{trimmed(line.substr(0, equals), kBlanks)},
                          std::string{trimmed(line.substr(equals + 1), kBlanks)}, file});
  }
  return settings;
}

std::vector<std::string> split_words(std::string_view value) {
  std::vector<std::string> words;
  bool within = false;
  char quote = '\0';
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char letter = value[i];
    if (quote == '\0' && kBlanks.find(letter) != std::string_view::npos) {
      within = false;
      continue;
    }
    if (!std::exchange(within, true))
      words.emplace_back();
    if (letter == '\\' && i + 1 < value.size())
      words.back() += unescaped(value[++i]);
    else if (quote != '\0' ? letter == quote : letter == '"' || letter == '\'')
      quote = quote == '\0' ? letter : '\0';
    else
      words.back() += letter;
  }
  return words;
}

std::string quoted_word(const std::string& word) {
  if (word.find_first_of(" \t\n\"'\\") == std::string::npos)
    return word;
  std::string result = "\"";
  for (const char letter : word) {
    if (letter == '"' || letter == '\\')
      result += '\\';
    result += letter == '\n' ? std::string{"\\n"} : std::string{letter};
  }
  return result + '"';
}

std::string without_specifiers(std::string_view text) {
  std::string result;
  for (const char letter : text)
    result += letter == '%' ? std::string{"%%"} : std::string{letter};
  return result;
}

std::vector<UnitSetting> Unit::values(std::string_view key) const {
  std::vector<UnitSetting> found;
  for (const UnitSetting& setting : settings) {
    if (setting.section != "Service" || setting.key != key)
      continue;
    if (setting.value.empty())
      found.clear();
    else
      found.push_back(setting);
  }
  return found;
}

std::string Unit::last(std::string_view key) const {
  const std::vector<UnitSetting> found = values(key);
  return found.empty() ? std::string{} : found.back().value;
}

bool Unit::is_set(std::string_view key) const {
  return means_true(last(key));
}

bool Unit::is_unset(std::string_view key) const {
  return means_false(last(key));
}

std::optional<UnitSetting> Unit::variable(std::string_view wanted) const {
  std::optional<UnitSetting> found;
  const std::string prefix = fmt::format("{}=", wanted);
  for (const UnitSetting& setting : values("Environment"))
    for (const std::string& word : split_words(setting.value))
      if (word.starts_with(prefix)) {
        found = setting;
        found->value = word.substr(prefix.size());
      }
  return found;
}

} // namespace sealwax::cli
