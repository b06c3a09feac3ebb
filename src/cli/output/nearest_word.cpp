// SPDX-License-Identifier: Apache-2.0
#include "cli/output/nearest_word.hpp"

#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace sealwax::cli {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// How many letters have to be put in, taken out, replaced or exchanged with the next (the optimal
/// string alignment distance).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i + 1;
    for (std::size_t k = 0; k < b.size(); ++k) {
      const bool same = lower(a[i]) == lower(b[k]);
      row[k + 1] = std::min({last[k] + (same ? 0U : 1U), last[k + 1] + 1, row[k] + 1});
      if (i > 0 && k > 0 && lower(a[i]) == lower(b[k - 1]) && lower(a[i - 1]) == lower(b[k]))
        row[k + 1] = std::min(row[k + 1], before[k - 1] + 1);
    }
  }
  return row.back();
}

/// Of a word of which enough was typed the rest is easily meant.
bool begins(std::string_view candidate, std::string_view word) {
  constexpr std::size_t kEnough = 3;
  return word.size() >= kEnough && candidate.starts_with(word);
}

std::vector<std::string_view> views_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

} // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  // Longer ones are no words of ours, and cost their square.
  constexpr std::size_t kLongest = 40;
  if (word.empty() || word.size() > kLongest)
    return {};
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : words)
    if (const std::size_t changes = distance(word, candidate);
        candidate != word && changes < least) {
      least = changes;
      nearest = candidate;
    }
  if (!nearest.empty())
    return nearest;
  const auto begun = std::find_if(words.begin(), words.end(), [word](std::string_view candidate) {
    return begins(candidate, word) && candidate != word;
  });
  return begun == words.end() ? std::string_view{} : *begun;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  const std::string_view nearest = nearest_word(word, words);
  return nearest.empty() ? std::string{} : fmt::format("did you mean '{}'? ", printable(nearest));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& words) {
  return did_you_mean(word, views_of(words));
}

std::string suggestion(std::string_view word, std::span<const std::string_view> words) {
  const std::string meant = did_you_mean(word, words);
  return meant.empty() ? meant : "; " + meant.substr(0, meant.size() - 1);
}

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
  return suggestion(word, views_of(words));
}

} // namespace sealwax::cli
