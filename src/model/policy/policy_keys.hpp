// SPDX-License-Identifier: Apache-2.0
// The keys of a policy, the values that each can have, and what a section says with them.
#pragma once

#include "model/bytes.hpp"
#include "model/enumerated.hpp"
#include "model/policy/policy.hpp"

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

/// A value that a key can have, and the word for it.
template <typename Enum>
struct Choice {
  Enum value;
  Word name;
};

/// The words of a key that has one of a few values, in the order of their enumerators.
struct Choices {
  static constexpr std::size_t kMost = 4;
  Word of[kMost];

  constexpr Word operator[](std::size_t value) const { return of[value]; }
  [[nodiscard]] constexpr std::size_t count() const {
    std::size_t count = 0;
    while (count < kMost && of[count] != Word{})
      ++count;
    return count;
  }
};

template <typename Enum, std::size_t N>
[[nodiscard]] consteval Choices choices(const Choice<Enum> (&rows)[N]) {
  Choices words{};
  for (std::size_t i = 0; i < N; ++i) {
    if (rows[i].value != static_cast<Enum>(i))
      __builtin_unreachable(); // Out of order: no constant expression, so the compiler stops.
    words.of[i] = rows[i].name;
  }
  return words;
}

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): a row reads as the manual page has it.
struct KeyRule {
  Key key;
  Word name;
  bool concerns_objects; ///< an [object] section can have it
  Choices choices;       ///< none where its values are no set of words
};

inline constexpr KeyRule kKeyRules[] = {
    {Key::seal, "seal"_w, true, {}},
    {Key::mode, "mode"_w, true,
     choices<Mode>({{Mode::enforce, "enforce"_w}, {Mode::audit, "audit"_w}, {Mode::off, "off"_w}})},
    {Key::relro, "relro"_w, true,
     choices<RelroPlace>(
         {{RelroPlace::private_memory, "private"_w}, {RelroPlace::in_place, "in-place"_w}})},
    {Key::text, "text"_w, true,
     choices<TextPlace>({{TextPlace::automatic, "auto"_w},
                         {TextPlace::in_place, "in-place"_w},
                         {TextPlace::private_memory, "private"_w}})},
    {Key::dlopen, "dlopen"_w, true,
     choices<LateLoads>({{LateLoads::seal, "seal"_w},
                         {LateLoads::pin, "pin"_w},
                         {LateLoads::pinned_only, "pinned-only"_w},
                         {LateLoads::skip, "skip"_w}})},
    {Key::exec_gain, "exec-gain"_w, false,
     choices<ExecGain>({{ExecGain::allow, "allow"_w},
                        {ExecGain::deny, "deny"_w},
                        {ExecGain::deny_inherit, "deny-inherit"_w},
                        {ExecGain::closed, "closed"_w}})},
    {Key::on_refused, "on-refused"_w, false,
     choices<OnRefused>({{OnRefused::ignore, "ignore"_w},
                         {OnRefused::report, "report"_w},
                         {OnRefused::kill, "kill"_w}})},
    {Key::report_to, "report-to"_w, false,
     choices<ReportTo>({{ReportTo::journal, "journal"_w},
                        {ReportTo::standard_error, "stderr"_w},
                        {ReportTo::file, "file:"_w},
                        {ReportTo::none, "none"_w}})},
    {Key::mapped_code, "mapped-code"_w, true,
     choices<MappedCode>({{MappedCode::leave, "leave"_w}, {MappedCode::seal, "seal"_w}})},
    {Key::environment, "environment"_w, false,
     choices<Environment>({{Environment::allow, "allow"_w}, {Environment::deny, "deny"_w}})},
    {Key::seccomp, "seccomp"_w, false,
     choices<InheritedFilter>({{InheritedFilter::probe, "probe"_w},
                               {InheritedFilter::trust, "trust"_w},
                               {InheritedFilter::skip, "skip"_w}})},
    {Key::only_in, "only-in"_w, true, {}},
};
static_assert(in_order(kKeyRules, &KeyRule::key, Key::only_in));
inline constexpr std::size_t kKeys = sizeof kKeyRules / sizeof *kKeyRules;

/// Calls `visit(key, setting)` for every key that has one of a set of words.
template <typename AnySettings, typename Visit>
constexpr void for_each_choice(AnySettings& settings, Visit visit) {
  visit(Key::mode, settings.mode);
  visit(Key::relro, settings.relro);
  visit(Key::text, settings.text);
  visit(Key::dlopen, settings.late_loads);
  visit(Key::exec_gain, settings.exec_gain);
  visit(Key::on_refused, settings.on_refused);
  visit(Key::report_to, settings.report_to);
  visit(Key::mapped_code, settings.mapped_code);
  visit(Key::environment, settings.environment);
  visit(Key::seccomp, settings.seccomp);
}

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
  for (choice = 0; choice < Choices::kMost; ++choice)
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
    words.of[i] = make_word(kRegions[i].name);
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

/// "mode must be enforce, audit or off"
[[nodiscard]] const char* expectation(Key key);
/// "unknown region: there are text, rodata [...] and the last one"
[[nodiscard]] const char* region_expectation();

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
  static_assert(kKeys <= 8 * sizeof keys);
  [[nodiscard]] static constexpr unsigned bit(Key key) { return 1U << static_cast<unsigned>(key); }
};

} // namespace sealwax
