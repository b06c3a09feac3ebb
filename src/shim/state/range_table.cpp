#include "shim/state/range_table.hpp"

#include <new>

namespace sealwax::shim {

bool RangeTable::make_room() {
  if (last_ == nullptr) {
    first_.entries = first_entries_;
    first_.capacity = kFirst;
    last_ = &first_;
    return true;
  }
  if (last_->count.load(std::memory_order_relaxed) < last_->capacity)
    return true;
  constexpr std::size_t kBytes = 4096;
  const Reply mapped = Kernel::map_pages(kBytes, false);
  if (!mapped.ok())
    return false;
  auto* const chunk = new (reinterpret_cast<void*>(mapped.value())) Chunk;
  chunk->capacity = (kBytes - sizeof(Chunk)) / sizeof(NamedRange);
  chunk->entries = reinterpret_cast<NamedRange*>(chunk + 1); // each is made when it is added
  last_->next.store(chunk, std::memory_order_release);
  last_ = chunk;
  return true;
}

/// A program that loads and unloads the same plugin all day must not fill its memory with entries.
bool RangeTable::revive(const NamedRange& entry) {
  for (Chunk* chunk = &first_; chunk != nullptr;
       chunk = chunk->next.load(std::memory_order_relaxed))
    for (std::uint32_t i = 0; i < chunk->count.load(std::memory_order_relaxed); ++i) {
      NamedRange& old = chunk->entries[i];
      if (!old.forgotten || old.range != entry.range || old.inode != entry.inode ||
          old.kind != entry.kind || old.region != entry.region || old.name != entry.name)
        continue;
      __atomic_store_n(&old.forgotten, false, __ATOMIC_RELAXED);
      return true;
    }
  return false;
}

void RangeTable::add(const ListLocked&, NamedRange entry) {
  if (entry.can_be_unloaded) {
    if (revive(entry))
      return;
    entry.name = keep(entry.name);
  }
  if (!make_room())
    return;
  const std::uint32_t count = last_->count.load(std::memory_order_relaxed);
  new (last_->entries + count) NamedRange{entry};
  last_->count.store(count + 1, std::memory_order_release);
}

std::string_view RangeTable::keep(std::string_view name) {
  if (names_end_ - names_ < name.size()) {
    constexpr std::size_t kBytes = 8192; // more than a path can have
    const Reply mapped = Kernel::map_pages(kBytes, false);
    if (!mapped.ok() || name.size() > kBytes)
      return {};
    names_ = mapped.address();
    names_end_ = names_ + kBytes;
  }
  auto* const copy = reinterpret_cast<char*>(names_);
  __builtin_memcpy(copy, name.data(), name.size());
  names_ += name.size();
  return {copy, name.size()};
}

const NamedRange* RangeTable::last_loaded(std::string_view name) const {
  const NamedRange* last = nullptr;
  for (const Chunk* chunk = &first_; chunk != nullptr;
       chunk = chunk->next.load(std::memory_order_acquire))
    for (std::uint32_t i = 0; i < chunk->count.load(std::memory_order_acquire); ++i) {
      const NamedRange& entry = chunk->entries[i];
      if (entry.inode != 0 && entry.kind != NamedRange::bystander && entry.name == name)
        last = &entry;
    }
  return last;
}

void RangeTable::forget_unloadable(const ListLocked&) {
  for (Chunk* chunk = &first_; chunk != nullptr;
       chunk = chunk->next.load(std::memory_order_relaxed))
    for (std::uint32_t i = 0; i < chunk->count.load(std::memory_order_relaxed); ++i)
      if (chunk->entries[i].can_be_unloaded)
        __atomic_store_n(&chunk->entries[i].forgotten, true, __ATOMIC_RELAXED);
}

} // namespace sealwax::shim
