// SPDX-License-Identifier: Apache-2.0
// Any other architecture: two words in place of sixteen flags.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace sealwax::arch {

/// The index of the first of sixteen bytes, each of them all ones or all zeros, that is all ones;
/// 16 where there is none.
template <typename Bytes>
[[nodiscard]] inline std::ptrdiff_t first_set(Bytes bytes) {
  struct Words {
    std::uint64_t first, second;
  };
  const auto [first, second] = std::bit_cast<Words>(bytes);
  const auto first_in = [](std::uint64_t word) {
    const int bits = std::endian::native == std::endian::little ? std::countr_zero(word)
                                                                : std::countl_zero(word);
    return std::ptrdiff_t{bits} / 8; // 8 where there is none
  };
  return first != 0 ? first_in(first) : 8 + first_in(second);
}

} // namespace sealwax::arch
