// SPDX-License-Identifier: Apache-2.0
#include "cli/output/nearest_word.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace sealwax::cli {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// How many letters have to be put in, taken out or replaced (Levenshtein's distance).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char letter : a) {
    std::size_t diagonal = row[0]++;
    for (std::size_t i = 0; i < b.size(); ++i) {
      const std::size_t replaced = diagonal + (lower(letter) == lower(b[i]) ? 0 : 1);
      diagonal = row[i + 1];
      row[i + 1] = std::min({replaced, row[i] + 1, row[i + 1] + 1});
    }
  }
  return row.back();
}

} // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  // Longer ones are no words of ours, and cost their square.
  constexpr std::size_t kLongest = 40;
  if (word.size() > kLongest)
    return {};
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : words)
    if (const std::size_t changes = distance(word, candidate); changes < least) {
      least = changes;
      nearest = candidate;
    }
  return nearest;
}

} // namespace sealwax::cli
