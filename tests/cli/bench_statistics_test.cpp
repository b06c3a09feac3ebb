// SPDX-License-Identifier: Apache-2.0
// What bench makes of its measurements.
#include "catch.hpp"
#include "cli/commands/bench/bench_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace sealwax::cli {
namespace {

/// 1, 2, ... count, in no order.
std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1.0);
  std::shuffle(values.begin(), values.end(), std::mt19937{7});
  return values;
}

} // namespace

TEST_CASE("The median is the middle, or between the two in it") {
  CHECK(median({5}) == 5);
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 3, 2}) == 2.5);
}

TEST_CASE("The interval's ends are those of the binomial distribution") {
  // Ranks for at least 95 %, by exact arithmetic.
  const struct {
    std::size_t count;
    Interval ranks;
  } rows[] = {{6, {1, 6}},   {8, {1, 8}},    {9, {2, 8}},     {10, {2, 9}},      {15, {4, 12}},
              {20, {6, 15}}, {30, {10, 21}}, {100, {40, 61}}, {1000, {469, 532}}};
  for (const auto& row : rows) {
    INFO(row.count);
    CHECK(median_interval(numbers(row.count), 0.95) == row.ranks);
  }
}

TEST_CASE("There is no interval where there are too few values") {
  CHECK_FALSE(median_interval({}, 0.95).has_value());
  CHECK_FALSE(median_interval(numbers(5), 0.95).has_value());
  CHECK(median_interval(numbers(5), 0.9) == Interval{1, 5});
  CHECK_FALSE(median_interval(numbers(7), 0.99).has_value());
  CHECK(median_interval(numbers(8), 0.99) == Interval{1, 8});
}

TEST_CASE("A million values are no trouble") {
  const std::optional<Interval> found = median_interval(numbers(1000000), 0.95);
  REQUIRE(found.has_value());
  // By the normal distribution, which so many tosses follow: 500,000 -+ 1.96 * 500.
  CHECK(std::abs(found->low - 499020) <= 2);
  CHECK(std::abs(found->high - 500981) <= 2);
}

TEST_CASE("The interval holds the true median as often as it says") {
  std::mt19937 random{42};
  std::exponential_distribution<double> skewed{std::log(2.0)}; // its median is 1
  int held = 0;
  constexpr int kBenches = 20000;
  for (int bench = 0; bench < kBenches; ++bench) {
    std::vector<double> values(30);
    std::generate(values.begin(), values.end(), [&] { return skewed(random); });
    const Interval found = median_interval(values, 0.95).value();
    held += found.low <= 1 && found.high >= 1 ? 1 : 0;
  }
  // With thirty values it is 95.7 %; three standard deviations to either side.
  CHECK(held > 0.952 * kBenches);
  CHECK(held < 0.962 * kBenches);
}

TEST_CASE("Pairs are compared by their own ratios") {
  // The machine became twice as slow midway: the medians' ratio would be 2.
  const std::vector<double> without = {10, 10, 20, 20, 10, 20};
  const std::vector<double> with = {11, 11, 22, 22, 11, 22};
  const Comparison found = compare(without, with);
  CHECK(found.without == 15);
  CHECK(found.with == 16.5);
  REQUIRE(found.ratio.has_value());
  CHECK(std::abs(*found.ratio - 1.1) < 1e-9);
  REQUIRE(found.interval.has_value());
  CHECK(std::abs(found.interval->low - 1.1) < 1e-9);
}

TEST_CASE("What took no time has no ratio") {
  const std::vector<double> nothing(6, 0.0);
  const std::vector<double> something(6, 1.0);
  CHECK_FALSE(compare(nothing, something).ratio.has_value());
  CHECK_FALSE(compare(nothing, something).interval.has_value());
  CHECK(compare(something, nothing).ratio == 0.0);
}

} // namespace sealwax::cli
