// SPDX-License-Identifier: Apache-2.0
// Sixteen bytes of text at a time, and short words as numbers.
#pragma once

#include "model/arch/block.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sealwax {

/// Sixteen bytes, each of which an operator looks at. The compilers' vector extension has the
/// operators of both architectures, but nothing that finds the first byte that one was true for.
class Block {
public:
  static constexpr std::ptrdiff_t kSize = 16;
  using Bytes = std::uint8_t __attribute__((vector_size(kSize)));

  [[nodiscard]] static Block load(const char* at) {
    Block block;
    std::memcpy(&block.bytes_, at, sizeof block.bytes_);
    return block;
  }
  [[nodiscard]] Block operator|(Block other) const { return Block{bytes_ | other.bytes_}; }
  [[nodiscard]] Block operator&(Block other) const { return Block{bytes_ & other.bytes_}; }
  [[nodiscard]] Block equal(char wanted) const { return where(bytes_ == each(wanted)); }
  [[nodiscard]] Block below(char limit) const { return where(bytes_ < each(limit)); }

  /// The index of the first byte that the operator was true for; kSize where there is none.
  [[nodiscard]] std::ptrdiff_t first() const { return arch::first_set(bytes_); }

private:
  Block() = default;
  explicit Block(Bytes bytes) : bytes_(bytes) {}
  template <typename Mask>
  static Block where(Mask mask) {
    return Block{std::bit_cast<Bytes>(mask)};
  }
  static Bytes each(char byte) { return static_cast<std::uint8_t>(byte) - Bytes{}; }

  Bytes bytes_;
};

/// The first place in [begin, end) that `find` flags in a Block; `end` where there is none.
template <typename Find>
[[nodiscard]] inline const char* find_first(const char* begin, const char* end, Find find) {
  const char* at = begin;
  for (; end - at >= Block::kSize; at += Block::kSize)
    if (const std::ptrdiff_t first = find(Block::load(at)).first(); first != Block::kSize)
      return at + first;
  if (at == end)
    return end;
  if (at != begin) { // The last block once more, moved to the end: its front has no flag.
    at = end - Block::kSize;
    return at + find(Block::load(at)).first();
  }
  char all[Block::kSize] = {};
  for (std::ptrdiff_t i = 0; i < end - begin; ++i)
    all[i] = begin[i];
  const std::ptrdiff_t first = find(Block::load(all)).first();
  return first < end - begin ? begin + first : end;
}

/// The first newline in [begin, end) with one of two letters behind it; `end` where there is none.
[[nodiscard]] inline const char* find_line(const char* begin, const char* end, char one,
                                           char other) {
  const char* at = begin;
  for (; end - at > Block::kSize; at += Block::kSize) {
    const Block behind = Block::load(at + 1);
    const Block found = Block::load(at).equal('\n') & (behind.equal(one) | behind.equal(other));
    if (const std::ptrdiff_t first = found.first(); first != Block::kSize)
      return at + first;
  }
  for (; end - at > 1; ++at)
    if (at[0] == '\n' && (at[1] == one || at[1] == other))
      return at;
  return end;
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

consteval Word operator""_w(const char* text, std::size_t size) {
  return make_word({text, size});
}

/// make_word for text of which more can be read, up to `limit`.
[[nodiscard]] inline Word load_word(const char* at, std::size_t size, const char* limit) {
  if (limit - at < static_cast<std::ptrdiff_t>(Word::kCapacity) || size > Word::kCapacity)
    return make_word({at, size});
  // A shift by 64 is undefined, hence the cases.
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  std::memcpy(&low, at, sizeof low);
  std::memcpy(&high, at + sizeof low, sizeof high);
  if constexpr (std::endian::native == std::endian::big) { // the first byte counts least
    low = __builtin_bswap64(low);
    high = __builtin_bswap64(high);
  }
  if (size < 8)
    return {low & ~(kAll << (8 * size)), 0};
  return {low, size == Word::kCapacity ? high : high & ~(kAll << (8 * (size - 8)))};
}

} // namespace sealwax
