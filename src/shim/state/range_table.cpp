// SPDX-License-Identifier: Apache-2.0
#include "shim/state/range_table.hpp"

#include <bit>
#include <iterator>
#include <new>

namespace sealwax::shim {
namespace {

/// The power of two that a name of this size has room in.
std::size_t size_class(std::size_t size) {
  constexpr std::size_t kLeast = 16; // not to be divided further
  return static_cast<std::size_t>(std::bit_width((size < kLeast ? kLeast : size) - 1));
}

std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0;
  for (const char c : name)
    hash = hash * 31 + static_cast<unsigned char>(c);
  return hash;
}

/// A sealed or audited piece of a library that came late, and that stays, or would.
bool can_be_found_as_loaded(const NamedRange& entry) {
  return entry.inode != 0 && entry.kind != NamedRange::bystander &&
         (!entry.can_be_unloaded || entry.would_stay);
}

} // namespace

bool RangeTable::make_room() {
  if (last_ == nullptr) {
    first_.entries = first_entries_;
    first_.capacity = kFirst;
    last_ = &first_;
    return true;
  }
  if (last_->count.load(std::memory_order_relaxed) < last_->capacity)
    return true;
  // A mapping costs as much as ten of its pages' faults, and pages that nobody touches nothing.
  constexpr std::size_t kBytes = std::size_t{32} * 1024;
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

NamedRange** RangeTable::Forgotten::list_for(const NamedRange& entry) {
  if (entry.kind == NamedRange::bystander)
    return &of_size[size_class(entry.name.size())];
  return &of_file[(hash_of(entry.name) + entry.inode) % kFiles];
}

void RangeTable::forget(NamedRange& entry) {
  __atomic_store_n(&entry.forgotten, true, __ATOMIC_RELAXED);
  Forgotten* const all = forgotten_.get();
  if (all == nullptr || entry.name.data() == nullptr)
    return; // nothing takes its place
  NamedRange** const list = all->list_for(entry);
  entry.next = *list;
  *list = &entry;
}

/// One that a report may still point to comes back as the same file's only; bystanders are
/// nobody's.
NamedRange* RangeTable::take_forgotten(const NamedRange& entry) {
  Forgotten* const all = forgotten_.existing();
  if (all == nullptr)
    return nullptr;
  for (NamedRange** link = all->list_for(entry); *link != nullptr; link = &(*link)->next) {
    NamedRange* const old = *link;
    const bool same_file = old->kind == entry.kind && old->inode == entry.inode &&
                           old->region == entry.region && old->name == entry.name &&
                           old->would_stay == entry.would_stay;
    if (!same_file && entry.kind != NamedRange::bystander)
      continue;
    *link = old->next;
    return old;
  }
  return nullptr;
}

/// A program that loads and unloads all day must not fill its memory with entries.
bool RangeTable::revive(const NamedRange& entry) {
  NamedRange* const found = take_forgotten(entry);
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
  auto* const added = new (last_->entries + count) NamedRange{entry};
  last_->count.store(count + 1, std::memory_order_release);
  if (can_be_found_as_loaded(*added))
    note_staying(*added);
}

/// In as much room as another name of its size class needs.
std::string_view RangeTable::keep(std::string_view name) {
  const std::size_t room = std::size_t{1} << size_class(name.size());
  if (names_end_ - names_ < room) {
    constexpr std::size_t kBytes = 8192; // more than a path can have
    const Reply mapped = Kernel::map_pages(kBytes, false);
    if (!mapped.ok() || room > kBytes)
      return {};
    names_ = mapped.address();
    names_end_ = names_ + kBytes;
  }
  auto* const copy = reinterpret_cast<char*>(names_);
  __builtin_memcpy(copy, name.data(), name.size());
  names_ += room;
  return {copy, name.size()};
}

std::atomic<const NamedRange*>& RangeTable::Staying::list_for(std::string_view name) {
  return of_name[hash_of(name) % std::size(of_name)];
}

void RangeTable::note_staying(NamedRange& entry) {
  Staying* const all = staying_.get();
  if (all == nullptr)
    return; // a replaced file is not told of
  std::atomic<const NamedRange*>& list = all->list_for(entry.name);
  entry.older = list.load(std::memory_order_relaxed);
  list.store(&entry, std::memory_order_release);
}

const NamedRange* RangeTable::last_loaded(std::string_view name) const {
  Staying* const all = staying_.existing();
  if (all == nullptr)
    return nullptr;
  const NamedRange* entry = all->list_for(name).load(std::memory_order_acquire);
  while (entry != nullptr && entry->name != name)
    entry = entry->older;
  return entry;
}

void RangeTable::close(const ListLocked&, Range span, bool was_sealed) {
  for_each([&](NamedRange& entry) {
    if (!entry.can_be_unloaded || entry.forgotten || !overlap(entry, span) ||
        (was_sealed && entry.kind == NamedRange::sealed))
      return;
    forget(entry);
  });
}

} // namespace sealwax::shim
