// SPDX-License-Identifier: Apache-2.0
#include "outside/kernel/proc_text.hpp"

#include <cstring>

namespace sealwax::outside {
namespace {

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put_decimal(char* at, unsigned value) {
  char digits[10];
  std::size_t first = sizeof digits;
  do
    digits[--first] = static_cast<char>('0' + value % 10);
  while ((value /= 10) != 0);
  return put(at, {digits + first, sizeof digits - first});
}

} // namespace

ProcPath::ProcPath(int pid, std::string_view file) {
  char* at = put_decimal(put(text_, "/proc/"), static_cast<unsigned>(pid));
  at = put(put(at, "/"), file);
  *at = '\0';
}

std::uint64_t hexadecimal_behind(std::string_view text, std::string_view label) {
  std::uint64_t value = 0;
  const std::size_t found = text.find(label);
  if (found == std::string_view::npos)
    return 0;
  text.remove_prefix(found + label.size());
  for (const char digit : text) {
    if (digit >= '0' && digit <= '9')
      value = value << 4 | static_cast<std::uint64_t>(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
      value = value << 4 | static_cast<std::uint64_t>(digit - 'a' + 10);
    else
      break;
  }
  return value;
}

} // namespace sealwax::outside
