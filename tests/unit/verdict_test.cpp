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

TEST_CASE("text and rodata of a file are as their file is") {
  for (const Region region : {Region::text, Region::rodata}) {
    CHECK(verdict(region, SealState::sealed, false) == "sealed");
    CHECK_FALSE(wants_private(Settings{}, region));
  }
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
