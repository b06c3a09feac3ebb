// Eight bytes of text at a time, and short words as numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sealwax {

static_assert(std::endian::native == std::endian::little,
              "the lowest flag below is the first byte in memory");

inline constexpr std::uint64_t kEachByte = 0x0101010101010101U;
inline constexpr std::uint64_t kEachHighBit = 0x8080808080808080U;

[[nodiscard]] inline std::uint64_t load_eight(const char* at) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

/// Flags bytes below `limit` (at most 0x80) by their high bit. A flag can be wrong only above a
/// right one, so the lowest is exact: H. S. Warren, Hacker's Delight, 6-1.
[[nodiscard]] constexpr std::uint64_t flag_below(std::uint64_t bytes, std::uint8_t limit) {
  return (bytes - kEachByte * limit) & ~bytes & kEachHighBit;
}
[[nodiscard]] constexpr std::uint64_t flag_equal(std::uint64_t bytes, char wanted) {
  return flag_below(bytes ^ (kEachByte * static_cast<std::uint8_t>(wanted)), 1);
}
[[nodiscard]] constexpr std::size_t first_flag(std::uint64_t flags) {
  return static_cast<std::size_t>(std::countr_zero(flags)) / 8;
}

/// A word of up to sixteen bytes, comparable in two instructions. Tables of these need no
/// relocation, as tables of pointers to text would.
struct Word {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  constexpr bool operator==(const Word&) const = default;

  static constexpr std::size_t kCapacity = 16;
  /// What a longer word is taken for: no text in ASCII is equal to it.
  static constexpr Word too_long() { return {~std::uint64_t{0}, ~std::uint64_t{0}}; }
};

[[nodiscard]] constexpr Word make_word(std::string_view text) {
  if (text.size() > Word::kCapacity)
    return Word::too_long();
  Word word;
  for (std::size_t i = text.size(); i-- > 0;) {
    word.high = (word.high << 8) | (word.low >> 56);
    word.low = (word.low << 8) | static_cast<std::uint8_t>(text.data()[i]);
  }
  return word;
}

/// make_word for text of which more can be read, up to `limit`.
[[nodiscard]] inline Word load_word(const char* at, std::size_t size, const char* limit) {
  if (limit - at < static_cast<std::ptrdiff_t>(Word::kCapacity) || size > Word::kCapacity)
    return make_word({at, size});
  // A shift by 64 is undefined, hence the cases.
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  const std::uint64_t low = load_eight(at);
  if (size < 8)
    return {low & ~(kAll << (8 * size)), 0};
  const std::uint64_t high = load_eight(at + 8);
  return {low, size == Word::kCapacity ? high : high & ~(kAll << (8 * (size - 8)))};
}

} // namespace sealwax
