// How late loads stand, in numbers.
#pragma once

#include "shim/state/list_lock.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sealwax::shim {

/// For a tool that reads this library's memory, and for the bound on what may be left behind.
struct LateCounts {
  std::atomic<std::uint64_t> scans = 0;
  std::atomic<std::uint32_t> waiting = 0; ///< loaded libraries that wait with being sealed
  std::atomic<std::uint32_t> beyond = 0;  ///< loads left open because too much was left behind
  std::atomic<std::uint32_t> buried = 0;  ///< closed libraries whose sealed pages stay
  std::atomic<std::uint64_t> mappings = 0;
  std::atomic<std::uint64_t> private_bytes = 0;  ///< of these: RELRO that was moved
  std::atomic<std::uint64_t> kept_bytes = 0;     ///< address space
  std::atomic<std::uint32_t> scans_left_out = 0; ///< because a filter had appeared
};

/// What closed libraries may leave behind: the kernel's limits, and what would be felt.
struct LateBound {
  bool known = false; ///< read when the first one is left
  std::uint64_t mappings = 0;
  std::uint64_t private_bytes = 0;
  std::uint64_t kept_bytes = 0;

  void read();
};

} // namespace sealwax::shim
