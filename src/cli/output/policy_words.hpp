// SPDX-License-Identifier: Apache-2.0
// The names of policies' keys and values, as text.
#pragma once

#include "model/enumeration.hpp"

#include <string>

namespace sealwax::cli {

[[nodiscard]] inline std::string text_of_word(Word word) {
  FixedText<sizeof(Word)> text;
  text.add(word);
  return text.c_str();
}

} // namespace sealwax::cli
