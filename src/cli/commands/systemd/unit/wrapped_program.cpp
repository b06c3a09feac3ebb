// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/wrapped_program.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace sealwax::cli {
namespace {

bool is_shell(std::string_view name) {
  constexpr auto kShells = std::to_array<std::string_view>({"sh", "bash", "dash", "ash", "ksh"});
  return std::find(kShells.begin(), kShells.end(), name) != kShells.end();
}

/// What the shell itself makes something of is not known here.
bool is_plain(std::string_view word) {
  return word.find_first_of("$`'\"\\*?[{(%") == std::string_view::npos;
}

/// The words of a script, of which none tells where a command ends.
std::vector<std::string_view> words_of_script(std::string_view script) {
  constexpr std::string_view kBreaks = " \t\n;&|()";
  std::vector<std::string_view> words;
  while (!script.empty()) {
    script.remove_prefix(std::min(script.find_first_not_of(kBreaks), script.size()));
    const std::string_view word = script.substr(0, script.find_first_of(kBreaks));
    script.remove_prefix(word.size());
    if (!word.empty())
      words.push_back(word);
  }
  return words;
}

/// Of several, the last: what it becomes in the end.
std::string executed_by(std::string_view script) {
  const std::vector<std::string_view> words = words_of_script(script);
  for (std::size_t i = words.size(); i-- > 1;)
    if (words[i - 1] == "exec")
      return is_plain(words[i]) ? std::string{words[i]} : std::string{};
  return {};
}

std::string started_by_shell(const std::vector<std::string>& words) {
  const auto option = std::find_if(words.begin() + 1, words.end(), [](const std::string& word) {
    return word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
  });
  return option == words.end() || option + 1 == words.end() ? std::string{}
                                                            : executed_by(option[1]);
}

std::string started_by_env(const std::vector<std::string>& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-u" || word == "--unset")
      ++i;
    else if (!word.starts_with('-') && word.find('=') == std::string::npos)
      return is_plain(word) ? word : std::string{};
  }
  return {};
}

} // namespace

std::string wrapped_program(const std::vector<std::string>& words) {
  if (words.empty())
    return {};
  const std::string name = std::filesystem::path{words.front()}.filename().string();
  if (is_shell(name))
    return started_by_shell(words);
  return name == "env" ? started_by_env(words) : std::string{};
}

} // namespace sealwax::cli
