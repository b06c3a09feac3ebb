// SPDX-License-Identifier: Apache-2.0
// Tables that have one row for each enumerator.
#pragma once

#include <cstddef>

namespace sealwax {

template <typename Row, typename Enum>
using MemberOf = Enum Row::*;

/// Whether row number i is about enumerator number i, and the last row about `last`. `of` is the
/// row's member that says what it is about.
template <typename Row, std::size_t N, typename Enum>
[[nodiscard]] consteval bool in_order(const Row (&rows)[N], MemberOf<Row, Enum> of, Enum last) {
  for (std::size_t i = 0; i < N; ++i)
    if (rows[i].*of != static_cast<Enum>(i))
      return false;
  return static_cast<std::size_t>(last) == N - 1;
}

} // namespace sealwax
