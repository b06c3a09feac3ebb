// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/bench/bench_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace sealwax::cli {
namespace {

/// The chance that of `tosses` of a coin exactly `heads` are heads. By logarithms: of a thousand
/// tosses the number of outcomes is beyond any double.
double chance(std::size_t heads, std::size_t tosses) {
  const auto factorial = [](std::size_t n) { return std::lgamma(static_cast<double>(n) + 1); };
  return std::exp(factorial(tosses) - factorial(heads) - factorial(tosses - heads) -
                  static_cast<double>(tosses) * std::log(2.0));
}

/// How many values may be left out at either end.
std::optional<std::size_t> dispensable(std::size_t count, double confidence) {
  std::optional<std::size_t> result;
  double tail = 0;
  for (std::size_t i = 0; i < count / 2; ++i) {
    tail += chance(i, count);
    if (1 - 2 * tail < confidence)
      break;
    result = i;
  }
  return result;
}

} // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::optional<Interval> median_interval(std::vector<double> values, double confidence) {
  const std::optional<std::size_t> outside = dispensable(values.size(), confidence);
  if (!outside)
    return std::nullopt;
  std::sort(values.begin(), values.end());
  return Interval{values[*outside], values[values.size() - 1 - *outside]};
}

Comparison compare(std::span<const double> without, std::span<const double> with) {
  Comparison result;
  result.without = median({without.begin(), without.end()});
  result.with = median({with.begin(), with.end()});
  std::vector<double> ratios;
  for (std::size_t i = 0; i < without.size(); ++i)
    if (without[i] > 0)
      ratios.push_back(with[i] / without[i]);
  if (ratios.empty())
    return result;
  result.ratio = median(ratios);
  result.interval = median_interval(std::move(ratios), kConfidence);
  return result;
}

} // namespace sealwax::cli
