// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "list_held.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

// A loader whose lock keeps nobody out, as musl's.
const Loader& lockless_loader() {
  static const Loader loader;
  return loader;
}

const Loader& real_loader() {
  static const Loader loader = Loader::find(StartupVector::read());
  return loader;
}

/// What threads add up while each of them holds the lock: too little, where two ever did at once.
int added_up(ListLock& lock, const Loader& loader) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 1000;
  int sum = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round)
        failed += with_list_held(lock, loader, [&](const ListLocked&) { ++sum; }) ? 0 : 1;
    });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(failed == 0);
  return sum;
}

ListLock* lock_of_handler = nullptr;
std::atomic<int> scans_in_handler = -1;

void scan_in_handler(int) {
  const bool held = with_list_held(*lock_of_handler, lockless_loader(), [](const ListLocked&) {});
  scans_in_handler = held ? 1 : 0;
}

} // namespace

TEST_CASE("one thread at a time, where the loader's own lock keeps the others out") {
  ListLock lock;
  CHECK(added_up(lock, real_loader()) == 4000);
}

TEST_CASE("one thread at a time, where the loader's lock keeps nobody out") {
  ListLock lock;
  CHECK(added_up(lock, lockless_loader()) == 4000);
}

TEST_CASE("one thread at a time, after the lock was moved to a page that fork clears") {
  ListLock lock;
  ListLock::Holder elsewhere;
  lock.move_to(elsewhere);
  CHECK(added_up(lock, lockless_loader()) == 4000);
  CHECK(elsewhere.thread == 0);
  CHECK(elsewhere.waiting == 0);
}

TEST_CASE("a signal handler inside its own thread's scan does not wait for it") {
  ListLock lock;
  lock_of_handler = &lock;
  const auto before = std::signal(SIGUSR1, scan_in_handler);
  std::chrono::steady_clock::duration shortest = std::chrono::hours{1};
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(with_list_held(lock, lockless_loader(), [](const ListLocked&) { raise(SIGUSR1); }));
    shortest = std::min(shortest, std::chrono::steady_clock::now() - begin);
    CHECK(scans_in_handler == 0);
  }
  CHECK(shortest < std::chrono::milliseconds{100}); // of somebody else it would wait for 200
  raise(SIGUSR1);
  CHECK(scans_in_handler == 1);
  std::signal(SIGUSR1, before);
}

TEST_CASE("a thread that never lets go is not waited for without end") {
  ListLock lock;
  ListLock::Holder stopped;
  stopped.thread = 1; // nobody's thread pointer
  lock.move_to(stopped);
  bool ran = false;
  CHECK_FALSE(with_list_held(lock, lockless_loader(), [&](const ListLocked&) { ran = true; }));
  CHECK_FALSE(ran);
}

// Whoever held it stayed behind at a fork: the loader's own lock is free, or this thread's.
TEST_CASE("a holder that cannot be there is taken over from") {
  ListLock lock;
  ListLock::Holder left_behind;
  left_behind.thread = 1;
  lock.move_to(left_behind);
  bool ran = false;
  CHECK(with_list_held(lock, real_loader(), [&](const ListLocked&) { ran = true; }));
  CHECK(ran);
  CHECK(left_behind.thread == 0);
}
