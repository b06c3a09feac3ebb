// SPDX-License-Identifier: Apache-2.0
// Options that take one of a few words, or a number in a range: whoever gives another value is told
// in a sentence what there is.
#pragma once

#include "cli/output/output.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli {

/// "auto, always or never"
[[nodiscard]] std::string alternatives(const std::vector<std::string_view>& words);

/// Throws the error with which the command line is refused: "--color takes auto, always or never,
/// not 'red'", and which of `words` may have been meant. `names`: as CLI11 has them, the long one
/// last.
[[noreturn]] void refuse_value(std::string_view names, std::string_view takes,
                               std::string_view text,
                               const std::vector<std::string_view>& words = {});

template <typename Target, typename Choice>
void add_choice(CLI::App& app, const std::string& names, Target& target,
                std::vector<std::pair<std::string_view, Choice>> choices) {
  app.add_option_function<std::string>(names, [=, &target](const std::string& text) {
    std::vector<std::string_view> words;
    for (const auto& [word, choice] : choices) {
      words.push_back(word);
      if (word == text) {
        target = choice;
        return;
      }
    }
    refuse_value(names, alternatives(words), text, words);
  });
}

template <typename Number, typename Target>
void add_number(CLI::App& app, const std::string& names, Target& target, Number least,
                Number most) {
  app.add_option_function<std::string>(names, [=, &target](const std::string& text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    // No comparison holds for what is no number at all.
    if (error != std::errc{} || stopped != end || !(number >= least && number <= most))
      refuse_value(names, fmt::format("{} to {}", least, most), text);
    target = number;
  });
}

} // namespace sealwax::cli
