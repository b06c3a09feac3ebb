// The keys of a policy, the values that each can have, and what a section says with them.
#pragma once

#include "model/bytes.hpp"
#include "model/policy.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

enum class Key : std::uint8_t {
  // One of a set of words each, as far as `report_to`'s file goes without its path.
  mode,
  relro,
  dlopen,
  exec_gain,
  on_refused,
  report_to,
  mapped_code,
  environment,
  seccomp,
  // These have a grammar of their own.
  seal,
  only_in,
};
inline constexpr std::size_t kChoiceKeys = 9;
inline constexpr std::size_t kKeys = 11;

/// Finds the key of this name. False: there is none.
[[nodiscard]] bool find_key(Word name, Key& key);
/// Finds a word in the set of a choice key, as the value of its enumerator.
[[nodiscard]] bool find_choice(Key key, Word name, std::uint8_t& choice);
[[nodiscard]] bool find_region(Word name, Region& region);
/// Whether an [object] section can have the key.
[[nodiscard]] bool concerns_objects(Key key);
/// Whether this version does what the value asks for.
[[nodiscard]] bool is_built(Key key, std::uint8_t choice);
/// The set of a choice key's values, in words.
[[nodiscard]] const char* expectation(Key key);

/// What one section says.
struct Patch {
  std::uint16_t keys = 0; ///< which it sets, a bit for each Key
  std::uint8_t choices[kChoiceKeys] = {};
  RegionSet removed; ///< from what held before: every region where a plain list sets the whole
  RegionSet added;

  [[nodiscard]] static constexpr std::uint16_t bit(Key key) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(key));
  }
  [[nodiscard]] constexpr bool sets(Key key) const { return (keys & bit(key)) != 0; }
  constexpr void set(Key key, std::uint8_t choice) {
    keys |= bit(key);
    choices[static_cast<std::size_t>(key)] = choice;
  }
  /// `file`: the path that belongs to ReportTo::file.
  void apply_to(Settings& settings, std::string_view file) const;
};

} // namespace sealwax
