// SPDX-License-Identifier: Apache-2.0
// Instructions of a process's own by which it can be made to call the kernel.
#pragma once

#include "model/range.hpp"
#include "model/slice.hpp"

#include <cstddef>
#include <cstdint>

namespace sealwax::outside {

/// Addresses; 0: there is none.
struct CallInstructions {
  Address call_and_return = 0; ///< a system call, then a return
  Address call_alone = 0;      ///< a system call, whatever follows
  Address signal_return = 0;   ///< calls rt_sigreturn(2)
  Address pop_number = 0;      ///< takes the next call's number from the stack, then returns

  /// Whether a thread can make a call and then go back by itself, whoever watches.
  [[nodiscard]] bool lead_back() const {
    return call_and_return != 0 && (signal_return != 0 || pop_number != 0);
  }
};

/// So much of what is looked at in one go is looked at again in the next, so that nothing lies
/// across the border unseen.
inline constexpr std::size_t kSearchOverlap = 16;

/// Notes what of them lies in `bytes`, which are at `at`, and was not found before.
void look_for_calls(Slice<const std::uint8_t> bytes, Address at, CallInstructions& found);

/// The same in all of `range`, by as much as `buffer` has room for. `read` fills a slice from an
/// address on, and says whether it could.
template <typename Read>
void look_for_calls(Range range, Read read, Slice<std::uint8_t> buffer, CallInstructions& found) {
  const std::size_t step = buffer.size() - kSearchOverlap;
  for (Address at = range.begin; at < range.end && !found.lead_back(); at += step) {
    const std::size_t left = range.end - at;
    const Slice<std::uint8_t> bytes{buffer.data(), left < buffer.size() ? left : buffer.size()};
    if (read(at, bytes))
      look_for_calls(bytes, at, found);
  }
}

} // namespace sealwax::outside
