#include "model/policy_keys.hpp"

#include <type_traits>

namespace sealwax {
namespace {

consteval Word operator""_w(const char* text, std::size_t size) {
  return make_word({text, size});
}

struct Rule {
  Word name;
  bool concerns_objects;
  Word choices[4]; ///< in the order of the enumerators
};

/// In the order of Key.
constexpr Rule kRules[kKeys] = {
    {"mode"_w, true, {"enforce"_w, "audit"_w, "off"_w}},
    {"relro"_w, true, {"private"_w, "in-place"_w}},
    {"dlopen"_w, true, {"pin"_w, "pinned-only"_w, "skip"_w}},
    {"exec-gain"_w, false, {"allow"_w, "deny"_w, "deny-inherit"_w}},
    {"on-refused"_w, false, {"ignore"_w, "report"_w, "kill"_w}},
    {"report-to"_w, false, {"journal"_w, "stderr"_w, "file:"_w, "none"_w}},
    {"mapped-code"_w, true, {"leave"_w, "seal"_w}},
    {"environment"_w, false, {"allow"_w, "deny"_w}},
    {"seccomp"_w, false, {"probe"_w, "trust"_w, "skip"_w}},
    {"seal"_w, true, {}},
    {"only-in"_w, true, {}},
};

struct RegionWords {
  Word of[kRegionCount];
};
constexpr RegionWords kRegionWords = [] {
  RegionWords words;
  for (std::size_t i = 0; i < kRegionCount; ++i)
    words.of[i] = make_word(kRegionNames[i]);
  return words;
}();

/// Values of the grammar that nothing in this version carries out: refused, never ignored.
struct NotBuilt {
  Key key;
  std::uint8_t choice;
};
template <typename Enumerator>
consteval NotBuilt not_built(Key key, Enumerator choice) {
  return {key, static_cast<std::uint8_t>(choice)};
}
constexpr NotBuilt kNotBuilt[] = {
    not_built(Key::mode, Mode::audit),
    not_built(Key::exec_gain, ExecGain::deny),
    not_built(Key::exec_gain, ExecGain::deny_inherit),
    not_built(Key::on_refused, OnRefused::report),
    not_built(Key::on_refused, OnRefused::kill),
    not_built(Key::report_to, ReportTo::file),
    not_built(Key::mapped_code, MappedCode::seal),
};

constexpr const Rule& rule(Key key) {
  return kRules[static_cast<std::size_t>(key)];
}

} // namespace

bool find_key(Word name, Key& key) {
  for (std::size_t i = 0; i < kKeys; ++i)
    if (kRules[i].name == name) {
      key = static_cast<Key>(i);
      return true;
    }
  return false;
}

bool find_choice(Key key, Word name, std::uint8_t& choice) {
  if (name == Word{}) // What the unused places of a rule hold.
    return false;
  for (choice = 0; choice < 4; ++choice)
    if (rule(key).choices[choice] == name)
      return true;
  return false;
}

bool find_region(Word name, Region& region) {
  for (std::size_t i = 0; i < kRegionCount; ++i)
    if (kRegionWords.of[i] == name) {
      region = static_cast<Region>(i);
      return true;
    }
  return false;
}

bool concerns_objects(Key key) {
  return rule(key).concerns_objects;
}

bool is_built(Key key, std::uint8_t choice) {
  for (const NotBuilt& missing : kNotBuilt)
    if (missing.key == key && missing.choice == choice)
      return false;
  return true;
}

const char* expectation(Key key) {
  switch (key) {
  case Key::mode:
    return "mode must be enforce, audit or off";
  case Key::relro:
    return "relro must be private or in-place";
  case Key::dlopen:
    return "dlopen must be pin, pinned-only or skip";
  case Key::exec_gain:
    return "exec-gain must be allow, deny or deny-inherit";
  case Key::on_refused:
    return "on-refused must be ignore, report or kill";
  case Key::report_to:
    return "report-to must be journal, stderr, file:PATH or none";
  case Key::mapped_code:
    return "mapped-code must be leave or seal";
  case Key::environment:
    return "environment must be allow or deny";
  case Key::seccomp:
    return "seccomp must be probe, trust or skip";
  case Key::seal:
  case Key::only_in:
    break;
  }
  return "unknown value";
}

void Patch::apply_to(Settings& settings, std::string_view file) const {
  const auto choose = [this](Key key, auto& setting) {
    if (sets(key))
      setting = static_cast<std::remove_reference_t<decltype(setting)>>(
          choices[static_cast<std::size_t>(key)]);
  };
  choose(Key::mode, settings.mode);
  choose(Key::relro, settings.relro);
  choose(Key::dlopen, settings.late_loads);
  choose(Key::exec_gain, settings.exec_gain);
  choose(Key::on_refused, settings.on_refused);
  choose(Key::report_to, settings.report_to);
  choose(Key::mapped_code, settings.mapped_code);
  choose(Key::environment, settings.environment);
  choose(Key::seccomp, settings.seccomp);
  if (sets(Key::report_to))
    settings.report_file = file;
  if (sets(Key::seal))
    settings.seal = settings.seal.without(removed).with(added);
}

} // namespace sealwax
