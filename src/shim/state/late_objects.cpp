// SPDX-License-Identifier: Apache-2.0
#include "shim/state/late_objects.hpp"

#include <atomic>
#include <new>

namespace sealwax::shim {
namespace {

/// Fibonacci hashing; keys are aligned, their low bits say nothing.
std::size_t hash(Address key) {
  return (key >> 3) * 0x9e3779b97f4a7c15U >> 32;
}

/// Keeps the compiler from moving one write over another: a fork may come between them.
void write_in_order() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

} // namespace

LateObject** LateObjects::Table::slot_of(Address key) const {
  std::size_t at = hash(key);
  while (slots[at &= capacity - 1] != nullptr && slots[at]->key != key)
    ++at;
  return slots + at;
}

LateObject* LateObjects::covering(Address at) const {
  LateObject* found = nullptr;
  for_each([&](LateObject& object) {
    if (object.span.contains(at))
      found = &object;
  });
  return found;
}

LateObject* LateObjects::free_record() {
  if (vacated_ != nullptr && vacated_->key == 0)
    return vacated_;
  for (Block* block = blocks_; block != nullptr && count_ < records_; block = block->next)
    for (LateObject& object : block->objects)
      if (object.key == 0)
        return &object;
  const Reply mapped = Kernel::map_pages(sizeof(Block), false);
  if (!mapped.ok())
    return nullptr;
  auto* const block = new (reinterpret_cast<void*>(mapped.address())) Block;
  block->next = blocks_;
  write_in_order();
  blocks_ = block;
  records_ += sizeof block->objects / sizeof *block->objects;
  return block->objects;
}

bool LateObjects::grow() {
  constexpr std::size_t kFirst = 64, kSlot = sizeof(void*);
  const std::size_t capacity = table_ == nullptr ? kFirst : table_->capacity * 2;
  const Reply mapped = Kernel::map_pages(sizeof(Table) + capacity * kSlot, false);
  if (!mapped.ok())
    return false;
  auto* const larger = new (reinterpret_cast<void*>(mapped.address())) Table;
  larger->capacity = capacity;
  larger->slots = new (larger + 1) LateObject* [capacity] {};
  Table* const old = table_;
  for (std::size_t i = 0; old != nullptr && i < old->capacity; ++i)
    if (old->slots[i] != nullptr)
      *larger->slot_of(old->slots[i]->key) = old->slots[i];
  write_in_order();
  table_ = larger;
  if (old != nullptr) // Where it stays, it stays.
    Kernel::unmap(reinterpret_cast<Address>(old), sizeof(Table) + old->capacity * kSlot);
  return true;
}

LateObject* LateObjects::add(const ListLocked&, const LateObject& object) {
  if ((table_ == nullptr || count_ * 2 >= table_->capacity) && !grow())
    return nullptr;
  LateObject* const record = free_record();
  if (record == nullptr)
    return nullptr;
  const Address key = object.key;
  *record = object;
  write_in_order();
  *table_->slot_of(key) = record;
  ++count_;
  return record;
}

/// What lies behind a hole and would not be found any more moves into it (Knuth, The Art of
/// Computer Programming 3, 6.4, Algorithm R). Each moved pointer is there twice for a moment, never
/// gone.
void LateObjects::remove(const ListLocked&, LateObject& object) {
  std::size_t hole = static_cast<std::size_t>(table_->slot_of(object.key) - table_->slots);
  const std::size_t mask = table_->capacity - 1;
  LateObject** const slots = table_->slots;
  for (std::size_t at = (hole + 1) & mask; slots[at] != nullptr; at = (at + 1) & mask) {
    const std::size_t home = hash(slots[at]->key) & mask;
    if (((at - home) & mask) < ((at - hole) & mask))
      continue;
    slots[hole] = slots[at];
    write_in_order();
    hole = at;
  }
  slots[hole] = nullptr;
  write_in_order();
  object.key = 0;
  object.rests = 0;
  vacated_ = &object;
  --count_;
}

} // namespace sealwax::shim
