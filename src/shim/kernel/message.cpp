// SPDX-License-Identifier: Apache-2.0
#include "shim/kernel/message.hpp"

namespace sealwax::shim {

Message& Message::operator<<(std::string_view text) {
  const std::size_t room = kMost - size_;
  const std::size_t taken = text.size() < room ? text.size() : room;
  __builtin_memcpy(text_ + size_, text.data(), taken);
  size_ += taken;
  return *this;
}

Message& Message::hexadecimal(std::uint64_t number) {
  char digits[16];
  std::size_t first = sizeof digits;
  do
    digits[--first] = "0123456789abcdef"[number % 16];
  while ((number /= 16) != 0);
  return *this << "0x" << std::string_view{digits + first, sizeof digits - first};
}

Message& Message::operator<<(std::uint64_t number) {
  char digits[20];
  std::size_t first = sizeof digits;
  do
    digits[--first] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  return *this << std::string_view{digits + first, sizeof digits - first};
}

} // namespace sealwax::shim
