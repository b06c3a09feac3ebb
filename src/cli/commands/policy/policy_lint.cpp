// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/policy/policy_lint.hpp"

#include "cli/output/output.hpp"
#include "model/policy/glob.hpp"

#include <algorithm>

namespace sealwax::cli {
namespace {

using Kind = PolicySection::Kind;

/// Whether `later` holds wherever `section` does.
bool holds_wherever(const PolicySection& later, const PolicySection& section) {
  switch (later.kind) {
  case Kind::defaults:
    return true;
  case Kind::program:
    if (section.kind == Kind::program)
      return covers(later.glob, section.glob);
    return section.kind == Kind::object && section.only_in() &&
           covers(later.glob, *section.only_in());
  case Kind::object:
    break;
  }
  const std::optional<std::string> only_in = later.only_in();
  return section.kind == Kind::object && covers(later.glob, section.glob) &&
         (!only_in || (section.only_in() && covers(*only_in, *section.only_in())));
}

/// What of its key an entry settles.
RegionSet touched(const PolicyEntry& entry) {
  return entry.key == Key::seal ? seal_change(entry.value).touched() : RegionSet::all();
}

class Usefulness {
public:
  explicit Usefulness(std::span<const PolicySection> sections) : sections_(sections) {}

  std::vector<PolicyWarning> take() {
    for (std::size_t i = 0; i < sections_.size(); ++i)
      look_at(i);
    return std::move(warnings_);
  }

private:
  void look_at(std::size_t index) {
    const PolicySection& section = sections_[index];
    const auto is_setting = [](const PolicyEntry& entry) { return entry.key != Key::only_in; };
    const auto settings = std::count_if(section.entries.begin(), section.entries.end(), is_setting);
    if (settings == 0)
      return warn(section.place, fmt::format("{} sets nothing; give it a key or remove it",
                                             printable(section.header())));
    look_at_glob(section.glob, section.glob_place);
    if (const PolicyEntry* entry = section.entry(Key::only_in))
      look_at_glob(entry->value, entry->value_place);

    std::vector<const PolicyEntry*> idle;
    for (const PolicyEntry& entry : section.entries)
      if (is_setting(entry) && overridden_at(index, entry) != 0)
        idle.push_back(&entry);
    if (idle.size() == static_cast<std::size_t>(settings))
      return warn(section.place,
                  fmt::format("{} decides nothing: wherever it holds, all its keys are set again "
                              "further down, by line {} at the latest; move it behind that or "
                              "remove it",
                              printable(section.header()), last_override(index, idle)));
    for (const PolicyEntry* entry : idle)
      warn(entry->place, fmt::format("'{}' decides nothing: line {} sets it again wherever this "
                                     "section holds; remove one of the two",
                                     key_name(entry->key), overridden_at(index, *entry)));
  }

  void look_at_glob(std::string_view glob, Place place) {
    if (glob.find('/') == glob.npos)
      return;
    const bool begins_inside =
        std::string_view{"/*?[\\"}.find(glob.front()) == std::string_view::npos;
    if (begins_inside || glob.ends_with('/'))
      warn(place, fmt::format("'{}' can match nothing: with a slash in it, it is matched against a "
                              "whole path, which begins with a slash and ends with a name",
                              printable(glob)));
  }

  /// The line by which all that an entry says is said again. 0: none.
  std::uint32_t overridden_at(std::size_t index, const PolicyEntry& entry) const {
    RegionSet left = touched(entry);
    for (std::size_t i = index + 1; i < sections_.size(); ++i) {
      const PolicyEntry* later = sections_[i].entry(entry.key);
      if (later == nullptr || !holds_wherever(sections_[i], sections_[index]))
        continue;
      left = left.without(touched(*later));
      if (left.empty())
        return later->place.line;
    }
    return 0;
  }

  std::uint32_t last_override(std::size_t index,
                              const std::vector<const PolicyEntry*>& entries) const {
    std::uint32_t last = 0;
    for (const PolicyEntry* entry : entries)
      last = std::max(last, overridden_at(index, *entry));
    return last;
  }

  void warn(Place place, std::string text) { warnings_.push_back({place, std::move(text)}); }

  std::span<const PolicySection> sections_;
  std::vector<PolicyWarning> warnings_;
};

} // namespace

bool is_literal(std::string_view glob) {
  return glob.find_first_of("*?[\\") == glob.npos;
}

bool covers(std::string_view wide, std::string_view narrow) {
  if (wide == "*" || wide == narrow)
    return true;
  if (!is_literal(narrow))
    return false;
  const bool wide_is_path = wide.find('/') != wide.npos;
  const bool narrow_is_path = narrow.find('/') != narrow.npos;
  if (narrow_is_path || !wide_is_path)
    return glob_matches(wide, narrow);
  // A star in front takes whatever comes before the last component.
  return wide.starts_with('*') && glob_matches(wide, '/' + std::string{narrow});
}

std::vector<PolicyWarning> useless_parts(std::span<const PolicySection> sections) {
  return Usefulness{sections}.take();
}

} // namespace sealwax::cli
