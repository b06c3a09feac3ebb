// The keys of a policy, the values that each can have, and what a section says with them.
#pragma once

#include "model/bytes.hpp"
#include "model/policy.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

enum class Key : std::uint8_t {
  seal,
  // One of a set of words each, as far as `report_to`'s file goes without its path.
  mode,
  relro,
  text,
  dlopen,
  exec_gain,
  on_refused,
  report_to,
  mapped_code,
  environment,
  seccomp,
  only_in,
};
inline constexpr std::size_t kKeys = 12;

struct KeyRule {
  Word name;
  bool concerns_objects; ///< an [object] section can have it
  Word choices[4];       ///< in the order of the enumerators
};

/// In the order of Key.
inline constexpr KeyRule kKeyRules[kKeys] = {
    {"seal"_w, true, {}},
    {"mode"_w, true, {"enforce"_w, "audit"_w, "off"_w}},
    {"relro"_w, true, {"private"_w, "in-place"_w}},
    {"text"_w, true, {"auto"_w, "in-place"_w, "private"_w}},
    {"dlopen"_w, true, {"pin"_w, "pinned-only"_w, "skip"_w}},
    {"exec-gain"_w, false, {"allow"_w, "deny"_w, "deny-inherit"_w}},
    {"on-refused"_w, false, {"ignore"_w, "report"_w, "kill"_w}},
    {"report-to"_w, false, {"journal"_w, "stderr"_w, "file:"_w, "none"_w}},
    {"mapped-code"_w, true, {"leave"_w, "seal"_w}},
    {"environment"_w, false, {"allow"_w, "deny"_w}},
    {"seccomp"_w, false, {"probe"_w, "trust"_w, "skip"_w}},
    {"only-in"_w, true, {}},
};
[[nodiscard]] constexpr const KeyRule& rule_of(Key key) {
  return kKeyRules[static_cast<std::size_t>(key)];
}

/// Finds the key of this name. False: there is none.
[[nodiscard]] constexpr bool find_key(Word name, Key& key) {
  for (std::size_t i = 0; i < kKeys; ++i)
    if (kKeyRules[i].name == name) {
      key = static_cast<Key>(i);
      return true;
    }
  return false;
}

/// Finds a word among the choices of a key.
[[nodiscard]] constexpr bool find_choice(Key key, Word name, std::uint8_t& choice) {
  if (name == Word{}) // What the unused places of a rule hold.
    return false;
  for (choice = 0; choice < 4; ++choice)
    if (rule_of(key).choices[choice] == name)
      return true;
  return false;
}

struct RegionWords {
  Word of[kRegionCount];
};
inline constexpr RegionWords kRegionWords = [] {
  RegionWords words;
  for (std::size_t i = 0; i < kRegionCount; ++i)
    words.of[i] = make_word(kRegionNames[i]);
  return words;
}();

[[nodiscard]] constexpr bool find_region(Word name, Region& region) {
  for (std::size_t i = 0; i < kRegionCount; ++i)
    if (kRegionWords.of[i] == name) {
      region = static_cast<Region>(i);
      return true;
    }
  return false;
}

/// The choices of a key, in words.
[[nodiscard]] const char* expectation(Key key);

/// What one section says.
struct Patch {
  std::uint16_t keys = 0;           ///< which it has, a bit for each Key
  std::uint8_t choices[kKeys] = {}; ///< of those that have a set of words
  RegionSet removed; ///< from what held before: every region where a plain list sets the whole
  RegionSet added;

  [[nodiscard]] constexpr bool has(Key key) const { return (keys & bit(key)) != 0; }
  [[nodiscard]] constexpr bool sets_anything() const { return (keys & ~bit(Key::only_in)) != 0; }
  constexpr void add(Key key) { keys = static_cast<std::uint16_t>(keys | bit(key)); }
  /// `file`: the path that belongs to ReportTo::file.
  void apply_to(Settings& settings, std::string_view file) const;

private:
  [[nodiscard]] static constexpr unsigned bit(Key key) { return 1U << static_cast<unsigned>(key); }
};

} // namespace sealwax
