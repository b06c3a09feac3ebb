// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/file/time_span.hpp"

#include "cli/output/text_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace sealwax::cli {
namespace {

struct TimeUnit {
  std::string_view name;
  double seconds;
};
constexpr auto kTimeUnits = std::to_array<TimeUnit>({
    {"", 1},        {"us", 1e-6},     {"usec", 1e-6},  {"ms", 1e-3},   {"msec", 1e-3},
    {"s", 1},       {"sec", 1},       {"second", 1},   {"seconds", 1}, {"m", 60},
    {"min", 60},    {"minute", 60},   {"minutes", 60}, {"h", 3600},    {"hr", 3600},
    {"hour", 3600}, {"hours", 3600},  {"d", 86400},    {"day", 86400}, {"days", 86400},
    {"w", 604800},  {"week", 604800},
});

/// Takes a number and its unit off the front.
std::optional<double> take_part(std::string_view& rest) {
  double number = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc{} || number < 0)
    return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  rest = trimmed(rest);
  const std::string_view name =
      rest.substr(0, std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), rest.size()));
  rest = trimmed(rest.substr(name.size()));
  const auto* const unit = std::find_if(kTimeUnits.begin(), kTimeUnits.end(),
                                        [&](const TimeUnit& known) { return known.name == name; });
  return unit == kTimeUnits.end() ? std::nullopt : std::optional{number * unit->seconds};
}

} // namespace

std::optional<double> seconds_of(std::string_view span) {
  constexpr double kForever = std::numeric_limits<double>::max();
  std::string_view rest = trimmed(span);
  if (rest == "infinity")
    return kForever;
  double seconds = 0;
  do {
    const std::optional<double> part = take_part(rest);
    if (!part)
      return std::nullopt;
    seconds += *part;
  } while (!rest.empty());
  return seconds == 0 ? kForever : seconds;
}

} // namespace sealwax::cli
