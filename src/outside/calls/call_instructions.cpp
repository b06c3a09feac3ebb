// SPDX-License-Identifier: Apache-2.0
#include "outside/calls/call_instructions.hpp"

#include "outside/arch/arch.hpp"

#include <array>
#include <cstring>

namespace sealwax::outside {
namespace {

using Bytes = Slice<const std::uint8_t>;

template <std::size_t N>
Bytes bytes_of(const std::array<std::uint8_t, N>& pattern) {
  return {pattern.data(), N};
}

constexpr std::size_t kBlock = 64;

/// Whether `first` and behind it `second` lie in a block, or begin at its end. Compilers make it a
/// few vectors' work.
bool block_has(const std::uint8_t* block, std::uint8_t first, std::uint8_t second) {
  std::uint8_t found = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    found = static_cast<std::uint8_t>(found | ((block[i] == first) & (block[i + 1] == second)));
  return found != 0;
}

/// Where `pattern`, of two bytes or more, begins; `bytes.size()`: nowhere from `from` on.
std::size_t position_of(Bytes pattern, Bytes bytes, std::size_t from) {
  for (; from + pattern.size() <= bytes.size(); ++from) {
    while (bytes.size() - from > kBlock && !block_has(bytes.data() + from, pattern[0], pattern[1]))
      from += kBlock;
    if (from + pattern.size() <= bytes.size() &&
        std::memcmp(bytes.data() + from, pattern.data(), pattern.size()) == 0)
      return from;
  }
  return bytes.size();
}

/// Whether `pattern` lies where a system call begins `before` bytes behind its own begin.
bool lies_at(Bytes pattern, Bytes bytes, std::size_t call, std::size_t before) {
  return !pattern.empty() && call >= before && call - before + pattern.size() <= bytes.size() &&
         std::memcmp(bytes.data() + (call - before), pattern.data(), pattern.size()) == 0;
}

void note(Address& found, bool is_it, Address at) {
  if (found == 0 && is_it)
    found = at;
}

} // namespace

/// What is around each system call, in one go.
void look_for_calls(Bytes bytes, Address at, CallInstructions& found) {
  const Bytes call_alone = bytes_of(arch::kCallAlone);
  for (std::size_t call = 0;
       (call = position_of(call_alone, bytes, call)) < bytes.size() && !found.lead_back(); ++call) {
    note(found.call_alone, true, at + call);
    note(found.call_and_return, lies_at(bytes_of(arch::kCallAndReturn), bytes, call, 0), at + call);
    for (const Bytes pattern : {bytes_of(arch::kSignalReturn), bytes_of(arch::kLongSignalReturn)}) {
      const std::size_t before =
          pattern.size() < call_alone.size() ? 0 : pattern.size() - call_alone.size();
      note(found.signal_return, lies_at(pattern, bytes, call, before), at + call - before);
    }
  }
  const Bytes pop_number = bytes_of(arch::kPopNumber);
  if (found.pop_number != 0 || pop_number.empty())
    return;
  const std::size_t pop = position_of(pop_number, bytes, 0);
  note(found.pop_number, pop < bytes.size(), at + pop);
}

} // namespace sealwax::outside
