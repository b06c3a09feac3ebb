// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "list_held.hpp"
#include "shim/state/known_objects.hpp"

#include <random>
#include <set>

using namespace sealwax;
using namespace sealwax::shim;

TEST_CASE("what was added is known, and nothing else") {
  KnownObjects known;
  CHECK_FALSE(known.has(0x1000));
  alone([&](const ListLocked& locked) {
    known.add(locked, 0x1000);
    known.add(locked, 0x1000);
  });
  CHECK(known.has(0x1000));
  CHECK_FALSE(known.has(0x1040));
}

TEST_CASE("room that was made is not asked for again") {
  KnownObjects known;
  alone([&](const ListLocked& locked) {
    CHECK(known.make_room(locked, 64));
    CHECK(known.make_room(locked, 5000));
    for (Address key = 1; key <= 5000; ++key)
      known.add(locked, key << 6);
  });
  for (Address key = 1; key <= 5000; ++key)
    REQUIRE(known.has(key << 6));
  CHECK_FALSE(known.has(5001U << 6));
}

// Keys as loaders make them: aligned, and near to each other.
TEST_CASE("it is a set, whatever is added in whatever order") {
  std::mt19937 random{20}; // the same keys in every run
  for (int round = 0; round < 20; ++round) {
    KnownObjects known;
    std::set<Address> wanted;
    alone([&](const ListLocked& locked) {
      for (int i = 0; i < 700; ++i) {
        const Address key = 0x7f0000000040U + Address{random() % 2048} * 0x1000U;
        known.add(locked, key);
        wanted.insert(key);
      }
    });
    for (Address at = 0; at < 2048; ++at) {
      const Address key = 0x7f0000000040U + at * 0x1000U;
      REQUIRE(known.has(key) == (wanted.count(key) != 0));
    }
  }
}
