// SPDX-License-Identifier: Apache-2.0
// A policy section by section, with the place of everything in its file. What a policy means is
// the model's business, which keeps no places; this is for people who ask why.
#pragma once

#include "model/policy/policy.hpp"
#include "model/policy/policy_keys.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// From 1, in bytes.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const Place&) const = default;
};

struct PolicyEntry {
  Key key{};
  std::string value; ///< one blank between the words of a list
  Place place;
  Place value_place;
};

struct PolicySection {
  enum class Kind : std::uint8_t { defaults, program, object };

  Kind kind = Kind::defaults;
  std::string glob;
  Place place;
  Place glob_place;
  std::vector<PolicyEntry> entries;

  /// As it stands in a policy, without what may follow.
  [[nodiscard]] std::string header() const;
  [[nodiscard]] const PolicyEntry* entry(Key key) const;
  /// The glob of its only-in; nullopt: it has none.
  [[nodiscard]] std::optional<std::string> only_in() const;
  /// Whether it holds for what is loaded as `name`, which lies at `path`, in `program`. For the
  /// process as a whole both are empty, and no [object] section does.
  [[nodiscard]] bool applies(std::string_view program, std::string_view name,
                             std::string_view path) const;
};

/// The sections of a text that ProgramPolicy::compile takes. Of another one: as far as it goes.
[[nodiscard]] std::vector<PolicySection> outline(std::string_view text);

/// What `seal = VALUE` does: takes `removed` away, then adds `added`.
struct SealChange {
  RegionSet removed;
  RegionSet added;
  [[nodiscard]] RegionSet touched() const { return removed.with(added); }
};
[[nodiscard]] SealChange seal_change(std::string_view value);

/// Sets what an entry says.
void apply(const PolicyEntry& entry, Settings& settings, std::string& report_file);

[[nodiscard]] std::string key_name(Key key);
/// The value of a key as a policy would say it.
[[nodiscard]] std::string value_text(Key key, const Settings& settings);
[[nodiscard]] std::string mode_text(Mode mode);

} // namespace sealwax::cli
