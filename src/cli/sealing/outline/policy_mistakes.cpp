// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/outline/policy_mistakes.hpp"

#include "cli/output/character.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/output/policy_words.hpp"
#include "cli/output/text_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace sealwax::cli {
namespace {

constexpr std::string_view kFirstLine = kPolicyFirstLine.substr(0, kPolicyFirstLine.size() - 1);

/// What other tools call what a policy has another word for.
constexpr std::pair<std::string_view, std::string_view> kOtherWords[] = {
    {"observe", "audit"}, {"permissive", "audit"}, {"enforcing", "enforce"}, {"disabled", "off"}};

/// A line of which the compiler complains, taken apart as far as that goes.
struct FaultyLine {
  std::string_view text;
  std::string_view key;
  std::string_view value;
  bool in_object_section = false;

  [[nodiscard]] bool is_header() const { return text.starts_with('['); }
};

std::string_view without_blanks(std::string_view text) {
  return trimmed(text, " \t\r");
}

FaultyLine take_apart(std::string_view line) {
  FaultyLine parts;
  parts.text = without_blanks(line);
  const std::size_t equals = parts.text.find('=');
  parts.key = without_blanks(parts.text.substr(0, equals));
  if (equals != parts.text.npos)
    parts.value = without_blanks(parts.text.substr(equals + 1));
  return parts;
}

std::vector<std::string> key_names(bool of_objects) {
  std::vector<std::string> names;
  for (const KeyRule& rule : kKeyRules)
    if (of_objects ? rule.concerns_objects : rule.key != Key::only_in)
      names.push_back(key_name(rule.key));
  return names;
}

std::vector<std::string> values_of(Key key) {
  std::vector<std::string> values;
  if (key == Key::seal)
    for (const RegionRow& row : kRegions)
      values.emplace_back(row.name);
  for (std::size_t i = 0; i < rule_of(key).choices.count(); ++i)
    values.push_back(text_of_word(rule_of(key).choices[i]));
  return values;
}

std::string word_meant(std::string_view word, const std::vector<std::string>& words) {
  for (const auto& [other, own] : kOtherWords)
    if (word == other && std::find(words.begin(), words.end(), own) != words.end())
      return fmt::format("; did you mean '{}'?", own);
  return suggestion(word, words);
}

/// What reads like a comment behind something, where there are none.
std::string_view comment_behind(const FaultyLine& line) {
  const std::string_view part = line.is_header() ? line.text : line.value;
  const std::size_t hash = part.find('#');
  return hash == part.npos ? std::string_view{} : part.substr(hash);
}

std::string hint_on_header(const FaultyLine& line) {
  const std::string_view inner = line.text.substr(1, line.text.find_first_of(" ]\t", 1) - 1);
  static const std::vector<std::string> kinds{"defaults", "program", "object"};
  const std::string meant = word_meant(inner, kinds);
  return inner == "program" || inner == "object" ? "; it lacks its glob" : meant;
}

std::string hint_on_key(const FaultyLine& line) {
  const std::vector<std::string> names = key_names(line.in_object_section);
  const std::string& last = names.back();
  return fmt::format("; there are {} and {}{}", fmt::join(names.begin(), names.end() - 1, ", "),
                     last, word_meant(line.key, names));
}

std::string hint_on_value(const FaultyLine& line, Key key, std::string_view word) {
  if (line.value.find(',') != line.value.npos && key == Key::seal)
    return "; regions have blanks between them, and no commas";
  if (line.value.starts_with('"') || line.value.starts_with('\''))
    return "; values have no quotes";
  if (word.starts_with('+') || word.starts_with('-'))
    word.remove_prefix(1);
  return word_meant(word, values_of(key));
}

std::string hint(const FaultyLine& line, std::string_view message, std::string_view word) {
  if (!comment_behind(line).empty() && !word.empty())
    return "; a comment has a line of its own, that begins with its '#'";
  if (line.is_header())
    return message.starts_with("unknown section") ? hint_on_header(line) : "";
  Key key{};
  if (!find_key(make_word(line.key), key))
    return message == "unknown key" ? hint_on_key(line) : "";
  return line.value.empty() || word == line.key ? "" : hint_on_value(line, key, word);
}

/// Finds a mistake, takes the line for mended, and goes on.
class Search {
public:
  explicit Search(std::string_view text) {
    while (!text.empty())
      lines_.emplace_back(take_line(text));
  }

  std::vector<PolicyMistake> take() {
    constexpr std::size_t kMost = 100;
    while (mistakes_.size() < kMost && find_next()) {
    }
    return std::move(mistakes_);
  }

private:
  bool find_next() {
    const std::string text = fmt::format("{}\n", fmt::join(lines_, "\n"));
    std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
    const Result<ProgramPolicy, PolicyError> rules =
        ProgramPolicy::compile(lines_.empty() ? std::string_view{} : std::string_view{text}, {},
                               {storage.data(), storage.size()});
    if (rules)
      return false;
    const PolicyError& error = rules.error();
    const std::size_t index = error.line - 1;
    FaultyLine line =
        take_apart(index < lines_.size() ? std::string_view{lines_[index]} : std::string_view{});
    line.in_object_section = is_in_object_section(index);
    std::string message = error.message;
    if (!error.word.empty())
      message += fmt::format(" ('{}')", printable(error.word));
    message += printable(hint(line, error.message, error.word));
    mistakes_.push_back({{error.line - added_, error.column}, std::move(message)});
    mend(index);
    return true;
  }

  bool is_in_object_section(std::size_t index) const {
    while (index-- > 0 && index < lines_.size())
      if (const std::string_view line = without_blanks(lines_[index]); line.starts_with('['))
        return line.starts_with("[object");
    return false;
  }

  /// Whatever takes a section's place has to take the keys below it.
  void mend(std::size_t index) {
    if (index < lines_.size() && lines_[index].ends_with('\r'))
      return mend_line_ends();
    if (mend_nul_bytes())
      return;
    if (index == 0)
      return mend_first_line();
    const std::string_view line = without_blanks(lines_[index]);
    if (!line.starts_with('['))
      lines_[index].clear();
    else
      lines_[index] =
          line.starts_with("[o") || line.starts_with("[O") ? "[object /]" : "[program /]";
  }

  /// Of all lines: it is one mistake.
  void mend_line_ends() {
    for (std::string& line : lines_)
      if (line.ends_with('\r'))
        line.pop_back();
  }

  /// Of all lines likewise. False: there is none.
  bool mend_nul_bytes() {
    bool any = false;
    for (std::string& line : lines_)
      any |= std::erase(line, '\0') != 0;
    return any;
  }

  /// One that was meant to be it is replaced; behind anything else it was forgotten.
  void mend_first_line() {
    std::string first = lines_.empty() ? std::string{} : lines_[0];
    std::transform(first.begin(), first.end(), first.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (first.find("sealwax") == std::string::npos) {
      lines_.insert(lines_.begin(), std::string{kFirstLine});
      added_ = 1;
    } else {
      lines_[0] = kFirstLine;
    }
  }

  std::vector<std::string> lines_;
  std::uint32_t added_ = 0; ///< lines that the text does not have
  std::vector<PolicyMistake> mistakes_;
};

} // namespace

std::vector<PolicyMistake> mistakes_in(std::string_view text) {
  return Search{text}.take();
}

} // namespace sealwax::cli
