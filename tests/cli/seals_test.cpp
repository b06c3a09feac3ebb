// SPDX-License-Identifier: Apache-2.0
// What an address space has sealed.
#include "catch.hpp"
#include "cli/commands/learn/following/seals.hpp"

#include <string>

namespace sealwax::cli::learn {
namespace {

std::shared_ptr<const Place> place(const char* object) {
  return std::make_shared<const Place>(Place{true, object, Region::text, false});
}

/// "10-20:a 20-30" of everything below 1000.
std::string text_of(const Seals& seals) {
  std::string text;
  for (const Seal& seal : seals.in({0, 1000})) {
    text += text.empty() ? "" : " ";
    text += std::to_string(seal.range.begin) + "-" + std::to_string(seal.range.end);
    if (seal.place != nullptr)
      text += ":" + seal.place->object;
  }
  return text;
}

} // namespace

TEST_CASE("seals ascend in whatever order they come") {
  Seals seals;
  seals.add({50, 60});
  seals.add({10, 20});
  seals.add({30, 40});
  CHECK(text_of(seals) == "10-20 30-40 50-60");
}

TEST_CASE("what is sealed again belongs to the later seal") {
  Seals seals;
  seals.add({10, 40}, place("a"));
  seals.add({20, 30}, place("b"));
  CHECK(text_of(seals) == "10-20:a 20-30:b 30-40:a");
  seals.add({0, 25}, place("c"));
  CHECK(text_of(seals) == "0-25:c 25-30:b 30-40:a");
}

TEST_CASE("what is taken away leaves what is around it") {
  Seals seals;
  seals.add({10, 20}, place("a"));
  seals.add({20, 40}, place("b"));
  seals.add({60, 70}, place("c"));
  seals.remove({15, 25});
  CHECK(text_of(seals) == "10-15:a 25-40:b 60-70:c");
  seals.remove({40, 60});
  CHECK(text_of(seals) == "10-15:a 25-40:b 60-70:c");
  seals.remove({0, 65});
  CHECK(text_of(seals) == "65-70:c");
  seals.remove({0, 1000});
  CHECK(text_of(seals).empty());
}

TEST_CASE("a range touches seals by its bytes, not by its borders") {
  Seals seals;
  seals.add({10, 20});
  seals.add({30, 40});
  CHECK(seals.touches({19, 20}));
  CHECK(seals.touches({0, 100}));
  CHECK_FALSE(seals.touches({20, 30}));
  CHECK_FALSE(seals.touches({0, 10}));
  CHECK_FALSE(seals.touches({40, 50}));
  CHECK_FALSE(seals.touches({15, 15}));
  CHECK(seals.in({15, 35}).size() == 2);
  CHECK(seals.in({15, 35})[0].range == Range{15, 20});
}

TEST_CASE("only seals without a place are to be asked about") {
  Seals seals;
  seals.add({10, 20}, place("a"));
  seals.add({20, 30});
  REQUIRE(seals.unnamed().size() == 1);
  CHECK(seals.unnamed()[0] == Range{20, 30});
}

} // namespace sealwax::cli::learn
