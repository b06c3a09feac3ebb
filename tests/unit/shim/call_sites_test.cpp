// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/report/call_sites.hpp"

#include <memory>
#include <thread>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

constexpr std::string_view kRefused = "refused";

CallSite::Event event_from(Address caller) {
  CallSite::Event event;
  event.caller = caller;
  event.name = kRefused;
  event.call = "mprotect";
  return event;
}

std::size_t taken(const CallSites& sites) {
  std::size_t count = 0;
  sites.for_each([&](const CallSite&) { ++count; });
  return count;
}

} // namespace

TEST_CASE("a calling place has one site, another has another") {
  const auto sites = std::make_unique<CallSites>();
  CHECK(taken(*sites) == 0);
  CallSite& site = sites->at(event_from(0x1000));
  CHECK(&sites->at(event_from(0x1000)) == &site);
  CHECK(&sites->at(event_from(0x1004)) != &site);
  CHECK(site.event.caller == 0x1000);
  CHECK(site.event.call == "mprotect");
  CHECK(taken(*sites) == 2);
}

TEST_CASE("where all are taken, what comes then shares the last one") {
  const auto sites = std::make_unique<CallSites>();
  CallSite* last = nullptr;
  for (Address caller = 1; caller <= 48; ++caller)
    last = &sites->at(event_from(caller << 4));
  CHECK(taken(*sites) == 48);
  CHECK(&sites->at(event_from(0x10000)) == last);
  CHECK(&sites->at(event_from(0x20000)) == last);
  CHECK(last->event.caller == 48 << 4);
  CHECK(sites->at(event_from(1 << 4)).event.caller == 1 << 4);
}

TEST_CASE("first times, counts and thousandth times make no more than a hundred lines") {
  CallSites sites;
  unsigned thousandths = 0;
  for (int i = 0; i < 1000; ++i)
    thousandths += sites.takes_thousandth() ? 1U : 0U;
  CHECK(thousandths + 2 * 48 == 100);
}

TEST_CASE("threads that call from the same places share their sites, and lose no count") {
  constexpr std::size_t kThreads = 4;
  constexpr std::uint64_t kRounds = 500;
  constexpr Address kPlaces = 40;
  const auto sites = std::make_unique<CallSites>();
  std::atomic<std::size_t> torn = 0;
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&] {
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        for (Address place = 1; place <= kPlaces; ++place)
          sites->at(event_from(place << 4)).count += 1;
        if (round % 100 == 0)
          sites->for_each([&](const CallSite& site) {
            torn += site.event.name == kRefused && site.event.call == "mprotect" ? 0 : 1;
          });
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(torn == 0);
  CHECK(taken(*sites) == kPlaces);
  sites->for_each([&](const CallSite& site) { CHECK(site.count == kThreads * kRounds); });
}
