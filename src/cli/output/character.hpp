// SPDX-License-Identifier: Apache-2.0
// Text from elsewhere, a character at a time.
#pragma once

#include <string_view>

namespace sealwax::cli {

struct Character {
  std::string_view bytes; ///< one at least
  char32_t code = 0;
  bool valid = false; ///< false: the one byte begins no UTF-8 (RFC 3629), and `code` is nothing

  /// Whether a terminal, or whoever reads along, could be misled by it: it is no UTF-8, a control
  /// character (C0, DEL, C1), a line's end, or turns the direction of what stands around it.
  [[nodiscard]] bool misleads() const;
};

/// The first of a text that is not empty.
[[nodiscard]] Character first_character(std::string_view text);

/// Calls `visit` with each.
template <typename Visit>
void for_each_character(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const Character character = first_character(text);
    visit(character);
    text.remove_prefix(character.bytes.size());
  }
}

} // namespace sealwax::cli
