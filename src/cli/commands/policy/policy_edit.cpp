// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/policy/policy_edit.hpp"

#include "cli/sealing/outline/policy_outline.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

/// Where a line begins. `number` from 1; one more than there are: the text's end.
std::size_t begin_of_line(std::string_view text, std::uint32_t number) {
  std::size_t at = 0;
  for (; number > 1 && at < text.size(); --number)
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return at;
}

bool is_for(const PolicySection& section, const std::string& program) {
  return program.empty() ? section.kind == PolicySection::Kind::defaults
                         : section.kind == PolicySection::Kind::program && section.glob == program;
}

std::string with_own_section(std::string text, const std::string& header, const std::string& line) {
  if (text.empty())
    text = kPolicyFirstLine;
  if (!text.ends_with('\n'))
    text += '\n';
  // What holds for all stands in front of its exceptions.
  if (header == "[defaults]")
    return text.insert(begin_of_line(text, 2), fmt::format("\n{}\n{}\n", header, line));
  return text + fmt::format("\n{}\n{}\n", header, line);
}

} // namespace

std::string with_mode(std::string_view text, Mode mode, const std::string& program) {
  const std::string line = "mode = " + mode_text(mode);
  const std::vector<PolicySection> sections = outline(text);
  const PolicySection* last = nullptr;
  const PolicyEntry* entry = nullptr;
  for (const PolicySection& section : sections)
    if (is_for(section, program)) {
      last = &section;
      if (const PolicyEntry* found = section.entry(Key::mode); found != nullptr)
        entry = found;
    }
  std::string changed{text};
  if (entry != nullptr) {
    const std::size_t value =
        begin_of_line(text, entry->value_place.line) + entry->value_place.column - 1;
    return changed.replace(value, entry->value.size(), mode_text(mode));
  }
  if (last == nullptr)
    return with_own_section(std::move(changed),
                            program.empty() ? "[defaults]" : fmt::format("[program {}]", program),
                            line);
  const std::size_t behind = begin_of_line(text, last->place.line + 1);
  const bool ends_there = behind == text.size() && !text.ends_with('\n');
  return changed.insert(behind, (ends_there ? "\n" : "") + line + '\n');
}

std::vector<std::string> other_modes(std::string_view text, Mode mode) {
  std::vector<std::string> others;
  for (const PolicySection& section : outline(text))
    if (const PolicyEntry* entry = section.entry(Key::mode);
        section.kind != PolicySection::Kind::defaults && entry != nullptr &&
        entry->value != mode_text(mode))
      others.push_back(fmt::format("line {}: {} says mode = {}", entry->place.line,
                                   section.header(), entry->value));
  return others;
}

} // namespace sealwax::cli
