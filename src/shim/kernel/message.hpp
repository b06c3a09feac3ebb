// SPDX-License-Identifier: Apache-2.0
// Texts for people, and paths, without an allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax::shim {

/// Text and numbers put together in place, cut where they do not fit.
class Message {
public:
  Message& operator<<(std::string_view text);
  Message& operator<<(std::uint64_t number);
  Message& hexadecimal(std::uint64_t number);
  [[nodiscard]] std::string_view text() const { return {text_, size_}; }
  /// With a terminator behind it.
  [[nodiscard]] const char* c_string() {
    text_[size_] = '\0';
    return text_;
  }

private:
  static constexpr std::size_t kMost = 511;
  char text_[kMost + 1];
  std::size_t size_ = 0;
};

} // namespace sealwax::shim
