// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "list_held.hpp"
#include "shim/state/habits.hpp"

using namespace sealwax::shim;

namespace {

void close(Habits& habits, std::uint64_t file, int times, bool old = false) {
  alone([&](const ListLocked& locked) {
    for (int i = 0; i < times; ++i)
      habits.note_closing(locked, file, old);
  });
}

} // namespace

TEST_CASE("what was closed young four times waits, and nobody else") {
  Habits habits;
  CHECK_FALSE(habits.waits(1));
  close(habits, 1, 3);
  CHECK_FALSE(habits.waits(1));
  close(habits, 1, 1);
  CHECK(habits.waits(1));
  CHECK_FALSE(habits.waits(2));
}

TEST_CASE("what once lived long never waits") {
  Habits habits;
  close(habits, 1, 1, true);
  close(habits, 1, 100);
  CHECK_FALSE(habits.waits(1));
}

TEST_CASE("where a process closes much that is young, all that is new to it waits") {
  Habits habits;
  close(habits, 1, 1, true);
  for (std::uint64_t file = 1000; file < 1255; ++file)
    close(habits, file, 1);
  CHECK_FALSE(habits.waits(2));
  close(habits, 1255, 1);
  CHECK(habits.waits(2));
  CHECK_FALSE(habits.waits(1));
}

TEST_CASE("files of the same place in the table are told apart") {
  Habits habits;
  close(habits, 5, 4);
  close(habits, 5 + 1024, 1);
  CHECK(habits.waits(5));
  CHECK_FALSE(habits.waits(5 + 1024));
  CHECK_FALSE(habits.waits(5 + 2 * 1024));
}

TEST_CASE("more files than it has room for are taken as new ones, and end it nowhere") {
  Habits habits;
  for (std::uint64_t file = 1; file < 3000; ++file)
    close(habits, file, 1, true);
  CHECK_FALSE(habits.waits(1));
  CHECK_FALSE(habits.waits(2999));
}
