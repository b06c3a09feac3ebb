// SPDX-License-Identifier: Apache-2.0
// The words of the model's tables as text, for the tests.
#pragma once

#include "model/bytes.hpp"

#include <cstdint>
#include <string>

namespace sealwax::test {

inline std::string text_of(Word word) {
  std::string text;
  for (std::uint64_t half : {word.low, word.high})
    for (; half != 0; half >>= 8)
      text += static_cast<char>(half & 0xff);
  return text;
}

} // namespace sealwax::test
