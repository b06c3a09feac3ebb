// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "list_held.hpp"
#include "shim/state/late_objects.hpp"

#include <map>
#include <random>
#include <set>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

LateObject object_at_key(Address key) {
  LateObject object;
  object.key = key;
  object.span = {key << 8, (key << 8) + 0x1000};
  return object;
}

} // namespace

TEST_CASE("a library is found by its key and by any address of its pages") {
  LateObjects objects;
  CHECK(objects.find(0x40) == nullptr);
  CHECK(objects.covering(0x4000) == nullptr);
  alone([&](const ListLocked& locked) {
    LateObject* const added = objects.add(locked, object_at_key(0x40));
    REQUIRE(added != nullptr);
    CHECK(objects.find(0x40) == added);
    CHECK(objects.covering(0x4fff) == added);
    CHECK(objects.covering(0x5000) == nullptr);
    objects.remove(locked, *added);
  });
  CHECK(objects.find(0x40) == nullptr);
  CHECK(objects.covering(0x4000) == nullptr);
}

// Few keys and many steps, so that holes are made and closed in every place of a chain.
TEST_CASE("it is a map whose records stay where they are, whatever comes and goes") {
  std::mt19937 random{20}; // the same steps in every run
  for (int round = 0; round < 20; ++round) {
    LateObjects objects;
    std::map<Address, LateObject*> wanted;
    alone([&](const ListLocked& locked) {
      for (int step = 0; step < 2000; ++step) {
        const Address key = (1 + random() % 300) << 6;
        if (const auto there = wanted.find(key); there != wanted.end()) {
          REQUIRE(objects.find(key) == there->second);
          objects.remove(locked, *there->second);
          wanted.erase(there);
        } else {
          REQUIRE(objects.find(key) == nullptr);
          wanted[key] = objects.add(locked, object_at_key(key));
          REQUIRE(wanted[key] != nullptr);
        }
      }
    });
    std::set<Address> visited;
    objects.for_each([&](const LateObject& object) { visited.insert(object.key); });
    CHECK(visited.size() == wanted.size());
    for (const auto& [key, record] : wanted) {
      REQUIRE(objects.find(key) == record);
      REQUIRE(record->key == key);
      REQUIRE(visited.count(key) == 1);
    }
  }
}

TEST_CASE("a record that was given back is the next one's, and empty") {
  LateObjects objects;
  alone([&](const ListLocked& locked) {
    LateObject first = object_at_key(0x40);
    first.rests = 2;
    LateObject* const record = objects.add(locked, first);
    objects.remove(locked, *record);
    CHECK(objects.add(locked, object_at_key(0x80)) == record);
    CHECK(record->rests == 0);
  });
}
