// SPDX-License-Identifier: Apache-2.0
// State that most processes never need.
#pragma once

#include "shim/kernel/kernel.hpp"

#include <atomic>
#include <new>

namespace sealwax::shim {

/// A `T` in pages that are mapped when somebody first needs it; they
/// stay until the process ends. Lock-free and async-signal-safe. `Pages`
/// maps and unmaps: a test has its own, because a race detector sees no
/// call that goes past the C library.
template <typename T, typename Pages = Kernel>
class OnDemand {
public:
  /// Null: nobody has needed it yet.
  [[nodiscard]] T* existing() const { return there_.load(std::memory_order_acquire); }

  /// Null: no memory.
  [[nodiscard]] T* get() {
    if (T* const there = existing(); there != nullptr)
      return there;
    const Reply mapped = Pages::map_pages(sizeof(T), false);
    if (!mapped.ok())
      return nullptr;
    T* const mine = new (reinterpret_cast<void*>(mapped.address())) T;
    T* others = nullptr;
    if (there_.compare_exchange_strong(others, mine, std::memory_order_acq_rel))
      return mine;
    Pages::unmap(mapped.address(), sizeof(T));
    return others;
  }

private:
  std::atomic<T*> there_ = nullptr;
};

} // namespace sealwax::shim
