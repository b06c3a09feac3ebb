// SPDX-License-Identifier: Apache-2.0
// The word that somebody who mistyped it may have meant.
#pragma once

#include <span>
#include <string_view>

namespace sealwax::cli {

/// The one of `words` that is the fewest changed letters from `word`, a third of it at most. Empty:
/// none is so near. Letters of the other case count as the same.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            std::span<const std::string_view> words);

} // namespace sealwax::cli
