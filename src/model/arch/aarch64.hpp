// SPDX-License-Identifier: Apache-2.0
// aarch64.
#pragma once

#include <arm_neon.h>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sealwax::arch {

/// The index of the first of sixteen bytes, each of them all ones or all zeros, that is all ones;
/// 16 where there is none.
template <typename Bytes>
[[nodiscard]] inline std::ptrdiff_t first_set(Bytes bytes) {
  // No instruction gathers one bit a byte; narrowing gathers four (Arm's strlen does so too).
  const uint16x8_t pairs = vreinterpretq_u16_u8(std::bit_cast<uint8x16_t>(bytes));
  const std::uint64_t flags = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(pairs, 4)), 0);
  return std::countr_zero(flags) / 4;
}

} // namespace sealwax::arch
