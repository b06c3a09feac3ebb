// SPDX-License-Identifier: Apache-2.0
#include "cli/output/character.hpp"

#include <algorithm>
#include <cstddef>

namespace sealwax::cli {
namespace {

struct Codes {
  char32_t first;
  char32_t last;
};

/// Unicode: general categories Cc, Zl and Zp, and what has the property Bidi_Control.
constexpr Codes kMisleading[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},
    {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

/// By the first byte; 0: none begins so.
std::size_t length_of(unsigned char lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc2 && lead <= 0xdf)
    return 2;
  if (lead >= 0xe0 && lead <= 0xef)
    return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/// In its shortest form, no surrogate, not beyond the last.
bool is_well_formed(char32_t code, std::size_t length) {
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  return code >= kLeast[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

} // namespace

bool Character::misleads() const {
  return !valid || std::any_of(std::begin(kMisleading), std::end(kMisleading), [this](Codes codes) {
    return code >= codes.first && code <= codes.last;
  });
}

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = length_of(lead);
  const Character stray{text.substr(0, 1), 0, false};
  if (length == 0 || length > text.size())
    return stray;
  char32_t code = length == 1 ? lead : lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80)
      return stray;
    code = code << 6U | (byte & 0x3fU);
  }
  return is_well_formed(code, length) ? Character{text.substr(0, length), code, true} : stray;
}

} // namespace sealwax::cli
