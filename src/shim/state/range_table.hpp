// SPDX-License-Identifier: Apache-2.0
// What is sealed, or would be: for finding out whom a refused call hit, and who made it.
#pragma once

#include "model/range.hpp"
#include "model/region.hpp"
#include "shim/kernel/on_demand.hpp"
#include "shim/state/list_lock.hpp"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace sealwax::shim {

/// What a reader may find changed in an entry that it has just found: each access is one of its
/// own.
template <typename T>
class Changing {
public:
  constexpr Changing() = default;
  constexpr Changing(T value) : value_(value) {}
  Changing(const Changing& other) : value_(other) {}
  Changing& operator=(const Changing& other) {
    T value = other;
    __atomic_store(&value_, &value, __ATOMIC_RELAXED);
    return *this;
  }
  ~Changing() = default;
  operator T() const {
    T value;
    __atomic_load(&value_, &value, __ATOMIC_RELAXED);
    return value;
  }

private:
  T value_{};
};

struct NamedRange {
  enum Kind : std::uint8_t {
    bystander, ///< neither sealed nor audited: here for its name only
    sealed,
    audited, ///< what `mode = audit` would have sealed
  };

  Range range;
  Changing<Address> bias = 0; ///< the object's, so that a place in it has an offset
  /// The loader's; empty for the program itself. A bystander's changes when another library takes
  /// its entry: by then nobody runs in it any more, and only who runs in it asks for its name.
  std::string_view name;
  Changing<std::uint64_t> inode = 0; ///< of a library that can be unloaded, else 0
  Changing<Region> region;
  Kind kind{};
  Changing<bool> anonymous_and_constant = false;
  bool can_be_unloaded = false;
  bool would_stay = false; ///< audited: `dlopen = pin` would keep it loaded
  bool forgotten = false;  ///< this and the range can change later, so are only touched atomically
  NamedRange* next = nullptr; ///< in the list of forgotten ones, which no reader goes through
  const NamedRange* older = nullptr; ///< in the list of those that last_loaded() can find
};

/// Only grows; a reader takes no lock and can be anywhere: in a signal handler, in a forked child.
/// An entry is complete before it is counted.
class RangeTable {
public:
  /// Copies `entry`, and its name too if the object can be unloaded. A library that is back takes
  /// its old entry. Without memory for it nothing is added.
  void add(const ListLocked&, NamedRange entry);

  /// The first entry for which `wanted(entry)` holds among those that overlap `range`; else null.
  template <typename Wanted>
  [[nodiscard]] const NamedRange* find(Range range, Wanted wanted) const {
    for (const Chunk* chunk = &first_; chunk != nullptr;
         chunk = chunk->next.load(std::memory_order_acquire)) {
      const std::uint32_t count = chunk->count.load(std::memory_order_acquire);
      for (std::uint32_t i = 0; i < count; ++i) {
        const NamedRange& entry = chunk->entries[i];
        // The range is looked at again: it is complete once the entry is not forgotten.
        if (overlap(entry, range) && !__atomic_load_n(&entry.forgotten, __ATOMIC_ACQUIRE) &&
            overlap(entry, range) && wanted(entry))
          return &entry;
      }
    }
    return nullptr;
  }

  /// A sealed or audited piece of the library that was loaded last under this name, while the
  /// program ran, and that stays, or would. Else null.
  [[nodiscard]] const NamedRange* last_loaded(std::string_view name) const;

  /// A library that could be unloaded has been. What is sealed of it is still there, and still
  /// refuses calls; the rest is forgotten.
  void close(const ListLocked&, Range span, bool was_sealed);

private:
  struct Chunk {
    std::atomic<Chunk*> next = nullptr;
    std::atomic<std::uint32_t> count = 0;
    std::uint32_t capacity = 0;
    NamedRange* entries = nullptr;
  };
  static bool overlap(const NamedRange& entry, Range range) {
    return Range{__atomic_load_n(&entry.range.begin, __ATOMIC_RELAXED),
                 __atomic_load_n(&entry.range.end, __ATOMIC_RELAXED)}
        .overlaps(range);
  }
  /// The forgotten ones by what can take their place, so that a load costs no more the more there
  /// have been: the same file, or for a bystander any name that takes as much room.
  struct Forgotten {
    static constexpr std::size_t kFiles = 256;
    static constexpr std::size_t kSizes = 65; ///< powers of two
    NamedRange* of_file[kFiles] = {};
    NamedRange* of_size[kSizes] = {};
    [[nodiscard]] NamedRange** list_for(const NamedRange& entry);
  };
  /// By their names, the newest first: each dlopen asks. They stay in it.
  struct Staying {
    std::atomic<const NamedRange*> of_name[256] = {};
    [[nodiscard]] std::atomic<const NamedRange*>& list_for(std::string_view name);
  };
  template <typename Visit>
  void for_each(Visit visit) const;
  void note_staying(NamedRange& entry);
  void forget(NamedRange& entry);
  [[nodiscard]] NamedRange* take_forgotten(const NamedRange& entry);
  bool revive(const NamedRange& entry);
  bool make_room();
  std::string_view keep(std::string_view name);

  // Beside the rest of the shim's state: enough for a program with one or two libraries.
  static constexpr std::size_t kFirst = 24;
  Chunk first_ = {};
  Chunk* last_ = nullptr;
  NamedRange first_entries_[kFirst] = {};
  OnDemand<Forgotten> forgotten_;
  OnDemand<Staying> staying_;
  Address names_ = 0; ///< where the next copy goes
  Address names_end_ = 0;
};

} // namespace sealwax::shim
