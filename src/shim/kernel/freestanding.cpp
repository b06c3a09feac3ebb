// The functions that a compiler may call on its own (GCC manual, "Language Standards Supported by
// GCC": freestanding). Hidden, so the shim needs no libc to be there and reaches none that an
// interposer replaced.
#include "shim/kernel/arch/arch.hpp"

#include <cstddef>

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) {
  sealwax::shim::arch::copy_forward(to, from, size);
  return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  if (out <= in || out >= in + size)
    return memcpy(to, from, size);
  while (size-- != 0)
    out[size] = in[size];
  return to;
}

void* memset(void* to, int value, std::size_t size) {
  auto* out = static_cast<unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<unsigned char>(value);
  return to;
}

int memcmp(const void* left, const void* right, std::size_t size) {
  const auto* a = static_cast<const unsigned char*>(left);
  const auto* b = static_cast<const unsigned char*>(right);
  for (std::size_t i = 0; i < size; ++i)
    if (a[i] != b[i])
      return a[i] < b[i] ? -1 : 1;
  return 0;
}

void* memchr(const void* where, int value, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(where);
  for (std::size_t i = 0; i < size; ++i)
    if (bytes[i] == static_cast<unsigned char>(value))
      return const_cast<unsigned char*>(bytes + i);
  return nullptr;
}

std::size_t strlen(const char* text) {
  std::size_t length = 0;
  while (text[length] != '\0')
    ++length;
  return length;
}

} // extern "C"
