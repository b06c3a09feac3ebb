// SPDX-License-Identifier: Apache-2.0
// The functions that a compiler may call on its own (GCC manual, "Language Standards Supported by
// GCC": freestanding). Hidden, so the shim needs no libc to be there and reaches none that an
// interposer replaced.
#include "shim/kernel/arch/arch.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

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

// By aligned words, none of which reaches into a page that the text does not. A byte is zero where
// taking 1 away borrows from a bit that was not set (Warren, Hacker's Delight, 6-1).
std::size_t strlen(const char* text) {
  using Word [[gnu::may_alias]] = std::uint64_t;
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const char* at = text;
  for (; reinterpret_cast<std::uintptr_t>(at) % sizeof(Word) != 0; ++at)
    if (*at == '\0')
      return static_cast<std::size_t>(at - text);
  std::uint64_t zeros = 0;
  for (;; at += sizeof(Word)) {
    const std::uint64_t word = *reinterpret_cast<const Word*>(at);
    zeros = (word - kOnes) & ~word & (kOnes << 7);
    if (zeros != 0)
      break;
  }
  // The borrow goes on into bytes that count more, which are then flagged without being zero: here
  // those come first.
  if constexpr (std::endian::native == std::endian::big) {
    while (*at != '\0')
      ++at;
    return static_cast<std::size_t>(at - text);
  }
  return static_cast<std::size_t>(at - text) +
         static_cast<std::size_t>(std::countr_zero(zeros)) / 8;
}

#if defined(__riscv)
// GCC before 13 calls a function to exchange a byte, for which there is no instruction.
std::uint8_t exchange_byte(volatile void* at, std::uint8_t value, int) asm("__atomic_exchange_1");
std::uint8_t exchange_byte(volatile void* at, std::uint8_t value, int) {
  constexpr std::uintptr_t kWord = sizeof(std::uint32_t);
  const auto place = reinterpret_cast<std::uintptr_t>(at);
  auto* const word = reinterpret_cast<std::uint32_t*>(place & ~(kWord - 1));
  const std::uintptr_t shift = place % kWord * 8; // little-endian
  std::uint32_t before = __atomic_load_n(word, __ATOMIC_RELAXED);
  std::uint32_t after = 0;
  do
    after = (before & ~(0xffU << shift)) | (std::uint32_t{value} << shift);
  while (
      !__atomic_compare_exchange_n(word, &before, after, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
  return static_cast<std::uint8_t>(before >> shift);
}
#endif

} // extern "C"
