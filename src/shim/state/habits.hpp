// SPDX-License-Identifier: Apache-2.0
// How long the libraries of a process usually live.
#pragma once

#include "shim/kernel/on_demand.hpp"
#include "shim/state/list_lock.hpp"

#include <cstdint>

namespace sealwax::shim {

/// A sealed library that is closed leaves its sealed pages behind until the process ends. So what
/// is opened and closed over and over waits with being sealed until it has lived for a while.
class Habits {
public:
  /// Seconds from which on a library counts as old.
  static constexpr long kOldAge = 10;

  /// Whether this file's next load waits.
  [[nodiscard]] bool waits(std::uint64_t file) const;

  /// A sealed library was closed, or one that had waited is gone. `old`: a scan saw it when it was
  /// old; however late it is missed, else it counts as young.
  void note_closing(const ListLocked&, std::uint64_t file, bool old);

private:
  static constexpr unsigned kMostYoung = 4;            ///< closings of one file
  static constexpr unsigned kMostYoungOfProcess = 256; ///< closings of all
  /// Four times as many as can be young; of old ones more may be forgotten.
  static constexpr std::size_t kFiles = 1024;
  struct Entry {
    std::uint64_t file = 0; ///< 0: free
    std::uint32_t young = 0;
    bool lived_long = false;
  };
  struct Table {
    std::size_t count = 0;
    Entry entries[kFiles];
    [[nodiscard]] Entry& slot_of(std::uint64_t file);
  };

  mutable OnDemand<Table> table_;
  unsigned young_ = 0;
};

} // namespace sealwax::shim
