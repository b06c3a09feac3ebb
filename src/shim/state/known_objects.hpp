// SPDX-License-Identifier: Apache-2.0
// The objects that are done with.
#pragma once

#include "shim/state/list_lock.hpp"

#include <new>

namespace sealwax::shim {

/// A set of addresses, open addressing, at most half full. What it holds stays loaded until the
/// process ends (the program's own start-up objects, and pinned ones), so no entry can go stale.
/// A fork in the middle of an insertion leaves the child a set without the entry, or with it.
class KnownObjects {
public:
  [[nodiscard]] bool has(Address key) const { return *slot_of(key) == key; }

  /// Whether `more` can be added without asking for memory.
  [[nodiscard]] bool make_room(const ListLocked&, std::size_t more) {
    while ((count_ + more) * 2 > capacity())
      if (!grow())
        return false;
    return true;
  }

  /// Where there is no memory for a larger table the object is looked at again at the next scan.
  void add(const ListLocked&, Address key) {
    if (count_ * 2 >= capacity() && !grow())
      return;
    Address* const slot = slot_of(key);
    count_ += *slot == 0;
    *slot = key;
  }

private:
  [[nodiscard]] Address* slot_of(Address key) const {
    // Fibonacci hashing; keys are aligned, their low bits say nothing.
    std::size_t at = (key >> 3) * 0x9e3779b97f4a7c15U >> 32;
    Address* const table = slots();
    while (table[at &= capacity() - 1] != 0 && table[at] != key)
      ++at;
    return table + at;
  }
  [[nodiscard]] Address* slots() const {
    return moved_ != nullptr ? moved_ : const_cast<Address*>(first_);
  }
  bool grow() {
    const std::size_t old_capacity = capacity();
    const Reply mapped = Kernel::map_pages(old_capacity * 2 * sizeof(Address), false);
    if (!mapped.ok())
      return false;
    Address* const old = slots();
    const bool was_moved = moved_ != nullptr;
    moved_ = new (reinterpret_cast<void*>(mapped.address())) Address[old_capacity * 2]{};
    doublings_ += 1;
    for (std::size_t i = 0; i < old_capacity; ++i)
      if (old[i] != 0)
        *slot_of(old[i]) = old[i];
    if (was_moved)
      Kernel::unmap(reinterpret_cast<Address>(old), old_capacity * sizeof(Address));
    return true;
  }

  [[nodiscard]] std::size_t capacity() const { return kFirst << doublings_; }

  // Beside the rest of the shim's state: most programs never need more than this.
  static constexpr std::size_t kFirst = 128;
  Address first_[kFirst] = {};
  Address* moved_ = nullptr;
  unsigned doublings_ = 0;
  std::size_t count_ = 0;
};

} // namespace sealwax::shim
