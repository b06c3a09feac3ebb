// SPDX-License-Identifier: Apache-2.0
// What can be said of pairs of measurements. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace sealwax::cli {

/// Of at least one value.
[[nodiscard]] double median(std::vector<double> values);

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// The narrowest pair of order statistics that encloses the median of what `values` are drawn from
/// with at least `confidence`, whatever their distribution: as many values lie below that median as
/// heads fall in as many tosses of a coin. nullopt: there are too few values (six for 95 %).
[[nodiscard]] std::optional<Interval> median_interval(std::vector<double> values,
                                                      double confidence);

struct Comparison {
  double without = 0; ///< median
  double with = 0;    ///< median
  /// The median of the pairs' ratios, with / without. nullopt: nothing was measured that one could
  /// divide by.
  std::optional<double> ratio;
  std::optional<Interval> interval; ///< of the ratio
};

inline constexpr double kConfidence = 0.95;

/// Of pairs, at least one: `without` and `with` are as long as one another.
[[nodiscard]] Comparison compare(std::span<const double> without, std::span<const double> with);

} // namespace sealwax::cli
