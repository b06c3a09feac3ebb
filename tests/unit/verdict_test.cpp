// SPDX-License-Identifier: Apache-2.0
// Whether a mapping holds what the policy wants of it.
#include "catch.hpp"
#include "model/mapping/verdict.hpp"

#include <string>

using namespace sealwax;

namespace {

Settings with_mode(Mode mode) {
  Settings settings;
  settings.mode = mode;
  settings.seal = RegionSet::all();
  return settings;
}

std::string verdict(Region region, SealState seal, bool anonymous = false, bool writable = false,
                    const Settings& settings = with_mode(Mode::enforce)) {
  return std::string{verdict_name(judge_mapping({region, seal, anonymous, writable}, settings))};
}

} // namespace

TEST_CASE("what is wanted sealed is sealed, open, or nobody can tell") {
  for (const RegionRow& row : kRegions) {
    INFO(row.name);
    CHECK(verdict(row.region, SealState::sealed, true) == "sealed");
    CHECK(verdict(row.region, SealState::open, true) == "open");
    CHECK(verdict(row.region, SealState::unknown, true) == "unknown");
    CHECK(verdict(row.region, SealState::open, false, true) == "open");
    CHECK(verdict(row.region, SealState::unknown, false, true) == "unknown");
  }
}

TEST_CASE("RELRO that should be private and is its file's is sealed with its contents open") {
  Settings settings = with_mode(Mode::enforce);
  CHECK(verdict(Region::relro, SealState::sealed, false, false, settings) == "contents-open");
  CHECK(verdict(Region::relro, SealState::sealed, true, false, settings) == "sealed");
  CHECK(wants_private(settings, Region::relro));
  settings.relro = RelroPlace::in_place;
  CHECK(verdict(Region::relro, SealState::sealed, false, false, settings) == "sealed");
  CHECK_FALSE(wants_private(settings, Region::relro));
}

TEST_CASE("text and rodata are to be in memory of their own only where the policy says so") {
  Settings settings = with_mode(Mode::enforce);
  for (const Region region : {Region::text, Region::rodata}) {
    settings.text = TextPlace::automatic;
    CHECK(verdict(region, SealState::sealed, false, false, settings) == "sealed");
    CHECK_FALSE(wants_private(settings, region));
    settings.text = TextPlace::private_memory;
    CHECK(wants_private(settings, region));
    CHECK(verdict(region, SealState::sealed, false, false, settings) == "contents-open");
    CHECK(verdict(region, SealState::sealed, true, false, settings) == "sealed");
  }
}

TEST_CASE("text on shared memory is to be moved from there unless it is to stay in place") {
  Settings settings = with_mode(Mode::enforce);
  const auto on_shared_memory = [&settings](bool anonymous) {
    const MappingFacts facts{Region::text, SealState::sealed, anonymous, false, true};
    return std::string{verdict_name(judge_mapping(facts, settings))};
  };
  CHECK(on_shared_memory(false) == "contents-open");
  CHECK(on_shared_memory(true) == "sealed");
  settings.text = TextPlace::in_place;
  CHECK(on_shared_memory(false) == "sealed");
}

TEST_CASE("what should be constant and was sealed writable has its contents open") {
  for (const RegionRow& row : kRegions) {
    INFO(row.name);
    const bool constant =
        row.region == Region::text || row.region == Region::rodata || row.region == Region::relro;
    CHECK(verdict(row.region, SealState::sealed, true, true) ==
          (constant ? "contents-open" : "sealed"));
  }
}

TEST_CASE("nothing is wanted of a region that is not named, or in a program that is off") {
  for (const SealState seal : {SealState::open, SealState::sealed, SealState::unknown}) {
    for (const Mode mode : {Mode::enforce, Mode::audit, Mode::off}) {
      Settings settings = with_mode(mode);
      settings.seal = RegionSet::all().without({Region::data});
      CHECK(verdict(Region::data, seal, true, true, settings) == "off");
    }
    for (const RegionRow& row : kRegions)
      CHECK(verdict(row.region, seal, true, false, with_mode(Mode::off)) == "off");
  }
}

TEST_CASE("in audit what would be sealed is observed, whatever it is") {
  for (const SealState seal : {SealState::open, SealState::sealed, SealState::unknown})
    for (const RegionRow& row : kRegions)
      CHECK(verdict(row.region, seal, false, true, with_mode(Mode::audit)) == "observed");
}

TEST_CASE("settings want sealed what they name, unless nothing is to be sealed") {
  Settings settings;
  CHECK(wanted_by(settings) == settings.seal);
  settings.mode = Mode::audit;
  CHECK(wanted_by(settings).empty());
  settings.mode = Mode::off;
  CHECK(wanted_by(settings).empty());
}

TEST_CASE("of many verdicts one word tells the worst") {
  using enum MappingVerdict;
  const auto word = [](std::initializer_list<MappingVerdict> verdicts) {
    VerdictSet set;
    for (const MappingVerdict each : verdicts)
      set.add(each);
    return std::string{summary_of(set)};
  };
  CHECK(word({}) == "-");
  for (const MappingVerdict one : {sealed, contents_open, open, observed, off, unknown})
    CHECK(word({one}) == verdict_name(one));
  CHECK(word({sealed, open}) == "partly");
  CHECK(word({contents_open, open, unknown}) == "partly");
  CHECK(word({open, off, observed, unknown}) == "open");
  CHECK(word({sealed, contents_open, off}) == "contents-open");
  CHECK(word({sealed, unknown}) == "unknown");
  CHECK(word({sealed, off}) == "partly");
  CHECK(word({sealed, observed}) == "partly");
  CHECK(word({observed, off}) == "observed");
}

TEST_CASE("in audit and off nothing is called sealed") {
  CHECK(verdict_of_mode(with_mode(Mode::enforce)) == MappingVerdict::sealed);
  CHECK(verdict_of_mode(with_mode(Mode::audit)) == MappingVerdict::observed);
  CHECK(verdict_of_mode(with_mode(Mode::off)) == MappingVerdict::off);
  CHECK(observed_by(with_mode(Mode::audit)) == RegionSet::all());
  CHECK(observed_by(with_mode(Mode::enforce)).empty());
}
