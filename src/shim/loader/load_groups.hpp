// SPDX-License-Identifier: Apache-2.0
// Load groups: what one dlopen brought in.
#pragma once

#include "model/slice.hpp"
#include "shim/loader/loader.hpp"

#include <cstdint>
#include <string_view>

namespace sealwax::shim {

/// Names, as hashes. A name that collides with another counts as held.
class NameSet {
public:
  void clear();
  void add(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const;
  /// More names than fit: from then on every name counts as held.
  [[nodiscard]] bool full() const { return count_ == kMost; }

private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kMost = kSlots / 4 * 3;
  [[nodiscard]] static std::uint32_t hash(std::string_view name);
  [[nodiscard]] std::size_t slot_of(std::uint32_t hash) const;

  std::uint32_t slots_[kSlots] = {};
  std::size_t count_ = 0;
};

/// Tells the root of a load group from its dependencies. The loader appends a group to its list as
/// the root followed by what it needs, breadth first (glibc elf/dl-deps.c), so an object is a root
/// exactly where no new object before it needs it.
class LoadGroupFinder {
public:
  /// To begin again at the head of the list.
  void reset() {
    needed_.clear();
    name_space_ = -1;
  }
  /// Call it with every object that is not known yet, in the loader's order.
  [[nodiscard]] bool starts_group(const LoadedObject& object);

private:
  NameSet needed_;
  long name_space_ = -1;
};

} // namespace sealwax::shim
