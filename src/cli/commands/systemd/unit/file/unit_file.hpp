// SPDX-License-Identifier: Apache-2.0
// Unit files, read as systemd reads them (systemd.unit(5), systemd.syntax(7)).
#pragma once

#include "cli/commands/systemd/unit/file/unit_places.hpp"
#include "cli/system/system_root.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct UnitSetting {
  std::string section;
  std::string key;
  std::string value;
  std::string file; ///< where it is set
};

/// Of one file's text, in order; lines that are no setting are left out. Pure.
[[nodiscard]] std::vector<UnitSetting> parse_unit(const std::string& file, std::string_view text);

/// A value's words, without their quotes and escapes. Pure.
[[nodiscard]] std::vector<std::string> split_words(std::string_view value);

/// `word` such that split_words() gives it back. Pure.
[[nodiscard]] std::string quoted_word(const std::string& word);

/// `text` as a unit has to have it where each `%` is one, and begins no specifier. Pure.
[[nodiscard]] std::string without_specifiers(std::string_view text);

struct Unit {
  std::string name; ///< not an alias
  std::vector<UnitSetting> settings;
  std::string own_folder; ///< which has the folder of its drop-ins

  /// All values in [Service] since the last empty one, which clears what was before it.
  [[nodiscard]] std::vector<UnitSetting> values(std::string_view key) const;
  /// The last value, or nothing.
  [[nodiscard]] std::string last(std::string_view key) const;
  [[nodiscard]] bool is_set(std::string_view key) const;   ///< to a true boolean
  [[nodiscard]] bool is_unset(std::string_view key) const; ///< to a false one, or not at all
  /// What Environment= gives to the variable `wanted`, and the file that does. nullopt: nothing.
  [[nodiscard]] std::optional<UnitSetting> variable(std::string_view wanted) const;
};

/// `name` with the suffix that systemctl adds, or what is wrong with it (CommandError).
[[nodiscard]] std::string full_unit_name(const std::string& name);

/// The services that have a file in the system below `root`, sorted: no templates, aliases or
/// masked ones.
[[nodiscard]] std::vector<std::string> service_names(const SystemRoot& root);

/// The unit with its drop-ins, in which Sealwax's own has the text `own`; nullopt: as if there were
/// none. Throws CommandError where there is no such unit, or it is masked.
[[nodiscard]] Unit read_unit(const SystemRoot& root, const std::string& name,
                             const std::optional<std::string>& own,
                             const UnitPlaces& places = systems_places());

} // namespace sealwax::cli
