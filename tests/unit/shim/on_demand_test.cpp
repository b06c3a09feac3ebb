// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/kernel/on_demand.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <thread>
#include <vector>

using namespace sealwax::shim;

namespace {

struct Large {
  std::atomic<int> count;
  char bytes[100000];
};

/// As `Kernel`, by the C library, whose calls ThreadSanitizer sees.
struct Pages {
  static Reply map_pages(std::size_t size, bool) {
    void* const mapped =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return Reply{mapped == MAP_FAILED ? -errno : reinterpret_cast<long>(mapped)};
  }
  static void unmap(std::uintptr_t start, std::size_t size) {
    munmap(reinterpret_cast<void*>(start), size);
  }
};

} // namespace

TEST_CASE("nothing is there before somebody needs it") {
  OnDemand<Large> large;
  CHECK(large.existing() == nullptr);
  Large* const there = large.get();
  REQUIRE(there != nullptr);
  CHECK(large.existing() == there);
  CHECK(large.get() == there);
  CHECK(there->count == 0);
  CHECK(there->bytes[sizeof there->bytes - 1] == 0);
}

TEST_CASE("threads that need it at once get the same one") {
  constexpr int kThreads = 8;
  for (int round = 0; round < 200; ++round) {
    OnDemand<Large, Pages> large;
    std::atomic<int> waiting = kThreads;
    std::vector<Large*> got(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        --waiting;
        while (waiting.load() != 0)
          std::this_thread::yield();
        Large* const mine = large.get();
        ++mine->count;
        got[static_cast<std::size_t>(i)] = mine;
      });
    for (std::thread& thread : threads)
      thread.join();
    CHECK(std::set<Large*>(got.begin(), got.end()).size() == 1);
    CHECK(large.existing()->count == kThreads);
  }
}
