// SPDX-License-Identifier: Apache-2.0
// x86-64.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace sealwax::arch {

/// The index of the first of sixteen bytes, each of them all ones or all zeros, that is all ones;
/// 16 where there is none.
template <typename Bytes>
[[nodiscard]] inline std::ptrdiff_t first_set(Bytes bytes) {
  using Signed = char __attribute__((vector_size(16)));
  const auto flags =
      static_cast<std::uint32_t>(__builtin_ia32_pmovmskb128(std::bit_cast<Signed>(bytes)));
  return std::countr_zero(flags | (1U << 16));
}

} // namespace sealwax::arch
