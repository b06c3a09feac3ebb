// SPDX-License-Identifier: Apache-2.0
// What was loaded while the program ran, and can be unloaded again.
#pragma once

#include "shim/state/list_lock.hpp"

#include <cstdint>

namespace sealwax::shim {

/// One such library, from the scan that decided about it to the scan that misses it.
struct LateObject {
  enum class Standing : std::uint8_t {
    open,    ///< the policy, the bound or a failure leaves it so
    waiting, ///< closed young too often: sealed once it is old
    sealed,  ///< at least in part: its munmap is refused, and nobody else can be at its place
  };

  Address key = 0;            ///< as LoadedObject has it
  std::uint64_t identity = 0; ///< tells it from another that is loaded at its place
  std::uint64_t file = 0;     ///< device, inode and path, as a hash
  Range span;                 ///< from its first segment to the end of its last
  std::uint64_t scan = 0;     ///< the last one that saw it
  std::uint64_t group = 0;    ///< the same for all of its load group
  long since = 0;             ///< seconds, when it was first seen
  Standing standing = Standing::open;
  bool old = false; ///< a scan saw it when it was old

  // What stays of it when it is closed.
  std::size_t mappings = 0;
  std::size_t private_bytes = 0;
  std::size_t kept_bytes = 0;
  /// What is not sealed of its segments; what does not fit stays mapped.
  static constexpr std::size_t kMostRests = 4;
  std::size_t rests = 0;
  PageRange rest[kMostRests];
};

/// A set of them by their keys, open addressing, at most half full. The records stay where they are
/// for as long as they are in it. A fork at any moment leaves the child each record whole or none.
class LateObjects {
public:
  [[nodiscard]] LateObject* find(Address key) const {
    return table_ == nullptr ? nullptr : *table_->slot_of(key);
  }
  /// The one that has this address among its pages; null: none.
  [[nodiscard]] LateObject* covering(Address at) const;

  /// Null: no memory. The object is decided about again at the next scan.
  [[nodiscard]] LateObject* add(const ListLocked&, const LateObject& object);
  void remove(const ListLocked&, LateObject& object);

  template <typename Visit>
  void for_each(Visit visit) const {
    for (Block* block = blocks_; block != nullptr; block = block->next)
      for (LateObject& object : block->objects)
        if (object.key != 0)
          visit(object);
  }

private:
  struct Block {
    Block* next = nullptr;
    LateObject objects[24];
  };
  struct Table {
    std::size_t capacity = 0;
    LateObject** slots = nullptr;
    [[nodiscard]] LateObject** slot_of(Address key) const;
  };
  [[nodiscard]] bool grow();
  [[nodiscard]] LateObject* free_record();

  Table* table_ = nullptr;
  std::size_t count_ = 0;
  std::size_t records_ = 0; ///< in the blocks
  LateObject* vacated_ = nullptr;
  Block* blocks_ = nullptr;
};

} // namespace sealwax::shim
