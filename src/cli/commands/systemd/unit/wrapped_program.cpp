// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/wrapped_program.hpp"

#include "cli/commands/systemd/unit/file/unit_file.hpp"

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

constexpr std::string_view kBreaks = " \t\n;&|()";

/// The words of a script, of which none tells where a command ends.
std::vector<std::string_view> words_of_script(std::string_view script) {
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

/// Of several, the last: what it becomes in the end. Without any, a script of one command becomes
/// that.
std::string executed_by(std::string_view script) {
  const std::vector<std::string_view> words = words_of_script(script);
  for (std::size_t i = words.size(); i-- > 1;)
    if (words[i - 1] == "exec")
      return is_plain(words[i]) ? std::string{words[i]} : std::string{};
  const bool one = script.find_first_of("\n;&|()") == std::string_view::npos && !words.empty();
  return one && is_plain(words.front()) && words.front().find('=') == std::string_view::npos
             ? std::string{words.front()}
             : std::string{};
}

std::string started_by_shell(const std::vector<std::string>& words) {
  const auto option = std::find_if(words.begin() + 1, words.end(), [](const std::string& word) {
    return word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
  });
  return option == words.end() || option + 1 == words.end() ? std::string{}
                                                            : executed_by(option[1]);
}

/// Where `word` stands in a command as a word of its own, quotes and all.
std::vector<std::size_t> places_of(std::string_view word, std::string_view command) {
  constexpr std::string_view kBesides = "\"'";
  const auto ends_word = [&](std::size_t at) {
    return at >= command.size() || kBreaks.find(command[at]) != std::string_view::npos ||
           kBesides.find(command[at]) != std::string_view::npos;
  };
  std::vector<std::size_t> places;
  for (std::size_t at = command.find(word); at != std::string_view::npos;
       at = command.find(word, at + 1))
    if (at > 0 && ends_word(at - 1) && ends_word(at + word.size()))
      places.push_back(at);
  return places;
}

bool is_behind_exec(std::string_view command, std::size_t at) {
  const std::string_view before = command.substr(0, command.find_last_not_of(" \t", at - 1) + 1);
  return before.ends_with("exec");
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

/// Such that neither a shell nor systemd makes anything of it, whatever quotes are around it.
bool is_bare(std::string_view text) {
  constexpr std::string_view kBare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789/._+- ";
  return text.find_first_not_of(kBare) == std::string_view::npos;
}

} // namespace

std::vector<std::string> command_words(const std::string& command) {
  const std::size_t begin = command.find_first_not_of(kCommandPrefixes);
  return begin == std::string::npos ? std::vector<std::string>{}
                                    : split_words(std::string_view{command}.substr(begin));
}

std::string wrapped_program(const std::vector<std::string>& words) {
  if (words.empty())
    return {};
  const std::string name = std::filesystem::path{words.front()}.filename().string();
  if (is_shell(name))
    return started_by_shell(words);
  return name == "env" ? started_by_env(words) : std::string{};
}

std::optional<std::string> wrapped_program_behind(const std::string& launcher,
                                                  const std::string& command) {
  const std::string program = wrapped_program(command_words(command));
  if (program.empty() || !is_bare(launcher))
    return std::nullopt;
  std::vector<std::size_t> places = places_of(program, command);
  if (places.size() > 1)
    std::erase_if(places, [&](std::size_t at) { return !is_behind_exec(command, at); });
  return places.size() == 1 ? std::optional{std::string{command}.insert(places.front(), launcher)}
                            : std::nullopt;
}

} // namespace sealwax::cli
