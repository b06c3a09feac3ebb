#include "cli/injection/call_instructions.hpp"

#include "cli/arch/arch.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

namespace sealwax::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;
/// What two chunks share, so that nothing lies across their border unseen.
constexpr std::size_t kOverlap = 16;

void look_for(std::span<const std::uint8_t> pattern, std::span<const std::uint8_t> bytes,
              Address at, Address& found) {
  if (found != 0 || pattern.empty())
    return;
  const void* place = memmem(bytes.data(), bytes.size(), pattern.data(), pattern.size());
  if (place != nullptr)
    found = at + static_cast<Address>(static_cast<const std::uint8_t*>(place) - bytes.data());
}

void look_in(std::span<const std::uint8_t> bytes, Address at, CallInstructions& found) {
  look_for(arch::kCallAndReturn, bytes, at, found.call_and_return);
  look_for(arch::kCallAlone, bytes, at, found.call_alone);
  look_for(arch::kSignalReturn, bytes, at, found.signal_return);
  look_for(arch::kLongSignalReturn, bytes, at, found.signal_return);
  look_for(arch::kPopNumber, bytes, at, found.pop_number);
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

} // namespace

CallInstructions find_call_instructions(const Survey& survey) {
  CallInstructions found;
  for (const Mapping& mapping : survey.mappings)
    if (survey.memory && mapping.executable() && mapping.permissions[0] == 'r' &&
        mapping.permissions[1] != 'w' && mapping.name != "[vsyscall]")
      look_in(mapping, *survey.memory, found);
  return found;
}

} // namespace sealwax::cli
