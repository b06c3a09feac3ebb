// SPDX-License-Identifier: Apache-2.0
// Text put together in place, and messages made of it.
#pragma once

#include "model/range.hpp"

#include <cstddef>
#include <cstring>
#include <string_view>

namespace sealwax::start {

/// Up to `Room` bytes, with a zero behind them. What does not fit is left out, and is_cut().
template <std::size_t Room>
class Text {
public:
  Text() { bytes_[0] = '\0'; } // and no more: a page that nobody writes to is never there
  Text& operator<<(std::string_view more) {
    const std::size_t fits = more.size() < Room - size_ ? more.size() : Room - size_;
    std::memcpy(bytes_ + size_, more.data(), fits);
    size_ += fits;
    bytes_[size_] = '\0';
    is_cut_ |= fits < more.size();
    return *this;
  }
  /// In that base.
  Text& put_number(std::size_t number, unsigned base) {
    char digits[64];
    std::size_t first = sizeof digits;
    do
      digits[--first] = "0123456789abcdef"[number % base];
    while ((number /= base) != 0);
    return *this << std::string_view{digits + first, sizeof digits - first};
  }
  [[nodiscard]] bool is_cut() const { return is_cut_; }
  [[nodiscard]] const char* c_str() const { return bytes_; }
  [[nodiscard]] std::string_view view() const { return {bytes_, size_}; }

private:
  std::size_t size_ = 0;
  bool is_cut_ = false;
  char bytes_[Room + 1];
};

/// A line on stderr, as the tool's are.
void complain(std::string_view text);

} // namespace sealwax::start
