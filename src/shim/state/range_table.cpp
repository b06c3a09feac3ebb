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

template <typename Visit>
void RangeTable::for_each(Visit visit) const {
  for (const Chunk* chunk = &first_; chunk != nullptr;
       chunk = chunk->next.load(std::memory_order_acquire))
    for (std::uint32_t i = 0; i < chunk->count.load(std::memory_order_acquire); ++i)
      visit(chunk->entries[i]);
}

/// A program that loads and unloads all day must not fill its memory with entries. One that a
/// report may still point to comes back as the same file's only; bystanders are nobody's.
bool RangeTable::revive(const NamedRange& entry) {
  NamedRange* found = nullptr;
  if (forgotten_ != 0)
    for_each([&](NamedRange& old) {
      if (found != nullptr || !old.forgotten || old.kind != entry.kind)
        return;
      const bool same_file = old.inode == entry.inode && old.region == entry.region &&
                             old.name == entry.name && old.would_stay == entry.would_stay;
      if (same_file ||
          (entry.kind == NamedRange::bystander && old.name.size() >= entry.name.size()))
        found = &old;
    });
  if (found == nullptr)
    return false;
  if (found->name != entry.name) {
    auto* const name = const_cast<char*>(found->name.data());
    __builtin_memcpy(name, entry.name.data(), entry.name.size());
    found->name = {name, entry.name.size()};
  }
  found->bias = entry.bias;
  found->inode = entry.inode;
  found->region = entry.region;
  found->anonymous_and_constant = entry.anonymous_and_constant;
  __atomic_store_n(&found->range.begin, entry.range.begin, __ATOMIC_RELAXED);
  __atomic_store_n(&found->range.end, entry.range.end, __ATOMIC_RELAXED);
  __atomic_store_n(&found->forgotten, false, __ATOMIC_RELEASE);
  --forgotten_;
  return true;
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
  for_each([&](const NamedRange& entry) {
    if (entry.inode != 0 && entry.kind != NamedRange::bystander && entry.name == name &&
        (!entry.can_be_unloaded || entry.would_stay))
      last = &entry;
  });
  return last;
}

void RangeTable::close(const ListLocked&, Range span, bool was_sealed) {
  for_each([&](NamedRange& entry) {
    if (!entry.can_be_unloaded || entry.forgotten || !overlap(entry, span) ||
        (was_sealed && entry.kind == NamedRange::sealed))
      return;
    __atomic_store_n(&entry.forgotten, true, __ATOMIC_RELAXED);
    ++forgotten_;
  });
}

} // namespace sealwax::shim
