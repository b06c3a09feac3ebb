// SPDX-License-Identifier: Apache-2.0
// Sentences that list names, put together when they are compiled: the names stay written once.
#pragma once

#include "model/bytes.hpp"

#include <cstddef>
#include <string_view>

namespace sealwax {

/// A text with a NUL behind it, in place: a table of these needs no relocation.
template <std::size_t Capacity>
class FixedText {
public:
  [[nodiscard]] constexpr const char* c_str() const { return text_; }

  constexpr void add(std::string_view text) {
    for (const char c : text)
      text_[size_++] = c; // Too long a text is no constant expression.
  }
  constexpr void add(Word word) {
    for (std::uint64_t half : {word.low, word.high})
      for (; half != 0; half >>= 8)
        text_[size_++] = static_cast<char>(half & 0xff);
  }
  /// "a, b and c", where `conjunction` is "and".
  template <typename Count, typename AddName>
  constexpr void add_list(Count count, std::string_view conjunction, AddName add_name) {
    for (Count i = 0; i < count; ++i) {
      if (i != 0 && i + 1 == count) {
        add(" ");
        add(conjunction);
        add(" ");
      } else if (i != 0) {
        add(", ");
      }
      add_name(i);
    }
  }

private:
  char text_[Capacity + 1] = {};
  std::size_t size_ = 0;
};

} // namespace sealwax
