// SPDX-License-Identifier: Apache-2.0
#include "cli/injection/call_instructions.hpp"

#include "cli/arch/arch.hpp"
#include "model/mapping/maps_line.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

namespace sealwax::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;
/// What two chunks share, so that nothing lies across their border unseen.
constexpr std::size_t kOverlap = 16;

using Bytes = std::span<const std::uint8_t>;

/// Where `pattern` begins; `bytes.size()`: nowhere from `from` on.
std::size_t position_of(Bytes pattern, Bytes bytes, std::size_t from) {
  const void* place =
      memmem(bytes.data() + from, bytes.size() - from, pattern.data(), pattern.size());
  return place == nullptr
             ? bytes.size()
             : static_cast<std::size_t>(static_cast<const std::uint8_t*>(place) - bytes.data());
}

/// Whether `pattern` lies where a system call begins `before` bytes behind its own begin.
bool lies_at(Bytes pattern, Bytes bytes, std::size_t call, std::size_t before) {
  return !pattern.empty() && call >= before && call - before + pattern.size() <= bytes.size() &&
         std::equal(pattern.begin(), pattern.end(), bytes.subspan(call - before).begin());
}

void note(Address& found, bool is_it, Address at) {
  if (found == 0 && is_it)
    found = at;
}

/// What is around each system call, in one go.
void look_in(Bytes bytes, Address at, CallInstructions& found) {
  constexpr std::size_t kCall = arch::kCallAlone.size();
  for (std::size_t call = 0;
       (call = position_of(arch::kCallAlone, bytes, call)) < bytes.size() && !found.lead_back();
       ++call) {
    note(found.call_alone, true, at + call);
    note(found.call_and_return, lies_at(arch::kCallAndReturn, bytes, call, 0), at + call);
    for (const Bytes pattern : {Bytes{arch::kSignalReturn}, Bytes{arch::kLongSignalReturn}}) {
      const std::size_t before = pattern.size() - std::min(pattern.size(), kCall);
      note(found.signal_return, lies_at(pattern, bytes, call, before), at + call - before);
    }
  }
  if (found.pop_number != 0 || arch::kPopNumber.empty())
    return;
  const std::size_t pop = position_of(arch::kPopNumber, bytes, 0);
  note(found.pop_number, pop < bytes.size(), at + pop);
}

void look_in(const Mapping& mapping, const Memory& memory, CallInstructions& found) {
  std::vector<std::uint8_t> bytes;
  for (Address at = mapping.range.begin; at < mapping.range.end && !found.lead_back();
       at += kChunk) {
    bytes.resize(std::min<std::size_t>(kChunk + kOverlap, mapping.range.end - at));
    if (memory.read(at, std::as_writable_bytes(std::span{bytes})) == Memory::Outcome::ok)
      look_in(bytes, at, found);
  }
}

bool may_hold_instructions(const Mapping& mapping) {
  return mapping.executable() && mapping.permissions[0] == 'r' && mapping.permissions[1] != 'w' &&
         mapping.name != "[vsyscall]";
}

bool lasts(const Mapping& mapping) {
  return !mapping.anonymous() || is_kernel_mapping(mapping.name);
}

} // namespace

std::vector<Range> CallInstructions::places() const {
  std::vector<Range> places;
  for (const Address at : {call_and_return, call_alone, signal_return, pop_number})
    if (at != 0)
      places.push_back(Range{at, at + 1});
  return places;
}

CallInstructions find_call_instructions(const Survey& survey) {
  CallInstructions found;
  for (const bool in_file : {true, false})
    for (const Mapping& mapping : survey.mappings)
      if (survey.memory && may_hold_instructions(mapping) && lasts(mapping) == in_file)
        look_in(mapping, *survey.memory, found);
  return found;
}

} // namespace sealwax::cli
