// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/seal/late/late_groups.hpp"

#include <string>

using namespace sealwax;
using namespace sealwax::shim;

using Answer = PinList::Answer;
using Fate = LateGroups::Fate;

namespace {

Wish wish(Mode mode, LateLoads late_loads, bool stays = false, bool nameless = false) {
  Settings settings;
  settings.mode = mode;
  settings.late_loads = late_loads;
  return wish_of(settings, stays, [&] { return nameless; });
}

/// Of one group with two objects that wish for this.
LateGroups one_group(Wish first, Wish second, bool second_ready = true) {
  LateGroups groups{0};
  REQUIRE(groups.take(0));
  groups.note(0, first, true);
  REQUIRE(groups.take(0));
  groups.note(0, second, second_ready);
  return groups;
}

} // namespace

TEST_CASE("what the policy wants of a new object") {
  for (const LateLoads late_loads :
       {LateLoads::seal, LateLoads::pin, LateLoads::pinned_only, LateLoads::skip}) {
    CHECK(wish(Mode::audit, late_loads) == Wish::audit);
    CHECK(wish(Mode::off, late_loads) == Wish::leave);
  }
  CHECK(wish(Mode::enforce, LateLoads::seal) == Wish::seal_closable);
  CHECK(wish(Mode::enforce, LateLoads::pin) == Wish::pin);
  CHECK(wish(Mode::enforce, LateLoads::pinned_only) == Wish::leave);
  CHECK(wish(Mode::enforce, LateLoads::skip) == Wish::leave);
}

TEST_CASE("what is never unloaded is sealed for good, unless late loads are left alone") {
  for (const LateLoads late_loads : {LateLoads::seal, LateLoads::pin, LateLoads::pinned_only})
    CHECK(wish(Mode::enforce, late_loads, true) == Wish::seal_staying);
  CHECK(wish(Mode::enforce, LateLoads::skip, true) == Wish::leave);
}

TEST_CASE("what has no name of its own is sealed instead of pinned") {
  CHECK(wish(Mode::enforce, LateLoads::pin, false, true) == Wish::seal_closable);
  bool asked = false;
  (void)wish_of(Settings{}, true, [&] { return asked = true; });
  CHECK_FALSE(asked);
}

TEST_CASE("a group of which one object is not ready waits as a whole") {
  const LateGroups groups = one_group(Wish::seal_closable, Wish::seal_closable, false);
  CHECK(groups.unready());
  CHECK(groups.undecided() == 1);
  CHECK_FALSE(groups.decides(0));
  CHECK_FALSE(groups.asks_for_pin(0));
  CHECK(groups.fate_of(0, Wish::seal_closable) == Fate::later);
  CHECK(groups.fate_of(0, Wish::seal_staying) == Fate::later);
}

TEST_CASE("where nobody wants to be pinned each object has what it wishes for") {
  const LateGroups groups = one_group(Wish::seal_closable, Wish::leave);
  CHECK_FALSE(groups.asks_for_pin(0));
  CHECK_FALSE(groups.unready());
  CHECK(groups.undecided() == 0);
  CHECK(groups.fate_of(0, Wish::seal_staying) == Fate::kept);
  CHECK(groups.fate_of(0, Wish::seal_closable) == Fate::closable);
  CHECK(groups.fate_of(0, Wish::leave) == Fate::open);
  CHECK(groups.fate_of(0, Wish::audit) == Fate::open);
}

TEST_CASE("a group with an object to be pinned waits for the loader's answer") {
  for (const Answer answer : {Answer::noted, Answer::full}) {
    LateGroups groups = one_group(Wish::pin, Wish::seal_closable);
    REQUIRE(groups.asks_for_pin(0));
    groups.answer(0, answer);
    CHECK(groups.undecided() == 1);
    CHECK_FALSE(groups.unready());
    CHECK(groups.fate_of(0, Wish::seal_closable) == Fate::later);
  }
}

TEST_CASE("a group that was pinned is kept whole, but for what the policy leaves alone") {
  LateGroups groups = one_group(Wish::pin, Wish::seal_closable);
  groups.answer(0, Answer::pinned);
  CHECK(groups.undecided() == 0);
  CHECK(groups.fate_of(0, Wish::pin) == Fate::kept);
  CHECK(groups.fate_of(0, Wish::seal_closable) == Fate::kept);
  CHECK(groups.fate_of(0, Wish::seal_staying) == Fate::kept);
  CHECK(groups.fate_of(0, Wish::leave) == Fate::open);
}

TEST_CASE("what the loader refuses to pin stays open") {
  LateGroups groups = one_group(Wish::pin, Wish::seal_closable);
  groups.answer(0, Answer::refused);
  CHECK(groups.fate_of(0, Wish::pin) == Fate::open);
  CHECK(groups.fate_of(0, Wish::seal_closable) == Fate::closable);
}

TEST_CASE("what has no room in a turn is the next one's") {
  LateGroups first{0};
  std::size_t taken = 0;
  while (first.take(taken)) {
    first.note(taken++, Wish::seal_closable, true);
    REQUIRE(taken < 1000);
  }
  CHECK(first.more());
  CHECK(taken == 32);
  CHECK(first.fate_of(taken, Wish::seal_closable) == Fate::later);
  CHECK(first.undecided() == 0);

  LateGroups second{taken};
  CHECK_FALSE(second.take(taken - 1));
  CHECK(second.empty());
  CHECK(second.take(taken));
  second.note(taken, Wish::seal_closable, true);
  CHECK_FALSE(second.more());
  CHECK(second.fate_of(taken - 1, Wish::seal_closable) == Fate::later);
  CHECK(second.fate_of(taken, Wish::seal_closable) == Fate::closable);
}
