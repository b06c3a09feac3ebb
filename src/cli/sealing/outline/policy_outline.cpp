// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/outline/policy_outline.hpp"

#include "cli/output/policy_words.hpp"
#include "cli/output/text_parts.hpp"
#include "model/policy/glob.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

constexpr std::string_view kBlanks = " \t";

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::string joined(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

/// One line of a policy, and where it is.
struct Line {
  std::string_view text;
  std::uint32_t number = 0;

  /// `part` lies in the text.
  Place place(std::string_view part) const {
    return {number, static_cast<std::uint32_t>(part.data() - text.data()) + 1};
  }
};

std::optional<PolicySection> read_header(const Line& line) {
  const std::string_view text = trimmed(line.text);
  PolicySection section;
  section.place = section.glob_place = line.place(text);
  const std::string_view inner = text.substr(1, std::max<std::size_t>(text.rfind(']'), 1) - 1);
  const auto has_glob = [&](std::string_view word, PolicySection::Kind kind) {
    if (!inner.starts_with(word))
      return false;
    section.kind = kind;
    section.glob = inner.substr(word.size());
    section.glob_place = line.place(inner.substr(word.size()));
    return true;
  };
  if (has_glob("program ", PolicySection::Kind::program) ||
      has_glob("object ", PolicySection::Kind::object) || inner == "defaults")
    return section;
  return std::nullopt;
}

std::optional<PolicyEntry> read_entry(const Line& line) {
  const std::string_view text = trimmed(line.text);
  const std::size_t equals = text.find('=');
  if (equals == text.npos)
    return std::nullopt;
  const std::string_view name = trimmed(text.substr(0, equals));
  const std::string_view value = trimmed(text.substr(equals + 1));
  PolicyEntry entry;
  if (!find_key(make_word(name), entry.key))
    return std::nullopt;
  // Of the other values only paths and globs have blanks, and those count.
  entry.value = entry.key == Key::seal ? joined(words(value)) : std::string{value};
  entry.place = line.place(name);
  entry.value_place = line.place(value);
  return entry;
}

} // namespace

std::string PolicySection::header() const {
  switch (kind) {
  case Kind::defaults:
    return "[defaults]";
  case Kind::program:
    return fmt::format("[program {}]", glob);
  case Kind::object:
    return fmt::format("[object {}]", glob);
  }
  return {};
}

const PolicyEntry* PolicySection::entry(Key key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [key](const PolicyEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::optional<std::string> PolicySection::only_in() const {
  const PolicyEntry* found = entry(Key::only_in);
  return found == nullptr ? std::nullopt : std::optional{found->value};
}

bool PolicySection::applies(std::string_view program, std::string_view name,
                            std::string_view path) const {
  switch (kind) {
  case Kind::defaults:
    return true;
  case Kind::program:
    return glob_matches(glob, program);
  case Kind::object:
    break;
  }
  const bool names_it = !path.empty() && (glob_matches(glob, name) || glob_matches(glob, path));
  return names_it && (!only_in() || glob_matches(*only_in(), program));
}

std::vector<PolicySection> outline(std::string_view text) {
  std::vector<PolicySection> sections;
  Line line;
  while (!text.empty()) {
    line = {take_line(text), line.number + 1};
    const std::string_view content = trimmed(line.text);
    if (line.number == 1 || content.empty() || content.front() == '#')
      continue;
    if (content.front() == '[') {
      if (std::optional<PolicySection> section = read_header(line))
        sections.push_back(std::move(*section));
    } else if (!sections.empty()) {
      if (std::optional<PolicyEntry> entry = read_entry(line))
        sections.back().entries.push_back(std::move(*entry));
    }
  }
  return sections;
}

SealChange seal_change(std::string_view value) {
  SealChange change;
  const bool amends = value.starts_with('+') || value.starts_with('-');
  if (!amends)
    change.removed = RegionSet::all();
  if (value == "all")
    change.added = RegionSet::all();
  for (std::string_view word : words(value)) {
    RegionSet& set = word.front() == '-' ? change.removed : change.added;
    if (amends)
      word.remove_prefix(1);
    if (const std::optional<Region> region = region_named(word))
      set = set.with({*region});
  }
  return change;
}

void apply(const PolicyEntry& entry, Settings& settings, std::string& report_file) {
  Patch patch;
  patch.add(entry.key);
  if (entry.key == Key::seal) {
    const SealChange change = seal_change(entry.value);
    patch.removed = change.removed;
    patch.added = change.added;
  }
  constexpr std::string_view kFile = "file:";
  const bool names_file = entry.key == Key::report_to && entry.value.starts_with(kFile);
  if (entry.key == Key::report_to)
    report_file = names_file ? entry.value.substr(kFile.size()) : std::string{};
  const std::string_view word = names_file ? kFile : std::string_view{entry.value};
  std::uint8_t choice = 0;
  if (find_choice(entry.key, make_word(word), choice))
    patch.choices[static_cast<std::size_t>(entry.key)] = choice;
  patch.apply_to(settings, report_file);
}

std::string key_name(Key key) {
  return text_of_word(rule_of(key).name);
}

std::string value_text(Key key, const Settings& settings) {
  if (key == Key::seal) {
    std::vector<std::string_view> names;
    for (const RegionRow& row : kRegions)
      if (settings.seal.has(row.region))
        names.push_back(row.name);
    return names.empty() ? "none" : joined(names);
  }
  std::string text;
  for_each_choice(settings, [&](Key each, auto value) {
    if (each == key)
      text = text_of_word(rule_of(key).choices[static_cast<std::size_t>(value)]);
  });
  return key == Key::report_to ? text + std::string{settings.report_file} : text;
}

std::string mode_text(Mode mode) {
  Settings settings;
  settings.mode = mode;
  return value_text(Key::mode, settings);
}

} // namespace sealwax::cli
