// SPDX-License-Identifier: Apache-2.0
// The word that somebody who mistyped it may have meant.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// The one of `words` that is the fewest changed letters from `word`, a third of it at most. Empty:
/// none is so near; then the first that begins as `word` does. Letters of the other case count as
/// the same, and nobody meant what he wrote.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            std::span<const std::string_view> words);

/// "did you mean 'WORD'? ", to stand in front of where all of them are to be found; or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> words);
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& words);
/// "; did you mean 'WORD'?", to stand at the end; or nothing.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> words);
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& words);

} // namespace sealwax::cli
