// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/state/mapped_code_ranges.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

constexpr PageSize kPage{4096};

PageRange page_at(std::size_t index) {
  const Address begin = 0x10000 + index * kPage.bytes();
  return kPage.covering({begin, begin + 1});
}

} // namespace

TEST_CASE("what was mapped and sealed is found, with its path") {
  MappedCodeRanges ranges;
  CHECK(ranges.find(page_at(1)) == nullptr);
  {
    const auto path = std::make_unique<std::string>("/usr/lib/code.bin");
    CHECK(ranges.add(page_at(1), *path));
  }
  REQUIRE(ranges.find(page_at(1)) != nullptr);
  CHECK(ranges.find(page_at(1))->name == "/usr/lib/code.bin");
  CHECK(ranges.find(page_at(1))->bias == page_at(1).begin());
  CHECK(ranges.find(page_at(2)) == nullptr);
}

TEST_CASE("more than one chunk holds") {
  MappedCodeRanges ranges;
  const std::string path(3000, 'p');
  for (std::size_t i = 0; i < 100; ++i)
    REQUIRE(ranges.add(page_at(i), path + std::to_string(i)));
  for (std::size_t i = 0; i < 100; ++i) {
    REQUIRE(ranges.find(page_at(i)) != nullptr);
    REQUIRE(ranges.find(page_at(i))->name == path + std::to_string(i));
  }
}

// All of it fits into the chunk that is there before the threads are: pages that the loser of a
// race for the next chunk gives back are given back behind the race detector's back.
TEST_CASE("threads that add and look find whole entries") {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 50;
  MappedCodeRanges ranges;
  REQUIRE(ranges.add(page_at(10000), "first"));
  std::atomic<std::size_t> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (std::size_t i = 0; i < kEach; ++i) {
        const std::size_t own = thread * kEach + i;
        wrong += ranges.add(page_at(own), std::to_string(own)) ? 0 : 1;
        for (std::size_t at = i; at < kThreads * kEach; at += kEach)
          if (const NamedRange* const found = ranges.find(page_at(at)))
            wrong += found->name == std::to_string(at) ? 0 : 1;
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(wrong == 0);
  for (std::size_t i = 0; i < kThreads * kEach; ++i)
    REQUIRE(ranges.find(page_at(i)) != nullptr);
}
