// SPDX-License-Identifier: Apache-2.0
#include "model/policy/policy_keys.hpp"

#include "model/enumeration.hpp"

#include <type_traits>

namespace sealwax {
namespace {

using Sentence = FixedText<80>;

struct Expectations {
  Sentence of[kKeys];
};
constexpr Expectations kExpectations = [] {
  Expectations all;
  for (const KeyRule& rule : kKeyRules) {
    Sentence& sentence = all.of[static_cast<std::size_t>(rule.key)];
    sentence.add(rule.name);
    sentence.add(" must be ");
    sentence.add_list(rule.choices.count(), "or", [&](std::size_t i) {
      sentence.add(rule.choices[i]);
      if (rule.key == Key::report_to && i == static_cast<std::size_t>(ReportTo::file))
        sentence.add("PATH");
    });
  }
  return all;
}();

constexpr Sentence kRegionExpectation = [] {
  Sentence sentence;
  sentence.add("unknown region: there are ");
  sentence.add_list(kRegionCount, "and", [&](std::size_t i) { sentence.add(kRegions[i].name); });
  return sentence;
}();

} // namespace

const char* expectation(Key key) {
  return kExpectations.of[static_cast<std::size_t>(key)].c_str();
}

const char* region_expectation() {
  return kRegionExpectation.c_str();
}

void Patch::apply_to(Settings& settings, std::string_view file) const {
  for_each_choice(settings, [this](Key key, auto& setting) {
    if (has(key))
      setting = static_cast<std::remove_reference_t<decltype(setting)>>(
          choices[static_cast<std::size_t>(key)]);
  });
  if (has(Key::report_to))
    settings.report_file = file;
  if (has(Key::seal))
    settings.seal = settings.seal.without(removed).with(added);
}

} // namespace sealwax
