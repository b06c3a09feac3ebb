// SPDX-License-Identifier: Apache-2.0
#include "shim/state/mapped_code_ranges.hpp"

#include "shim/kernel/kernel.hpp"

#include <new>

namespace sealwax::shim {

constinit MappedCodeRanges mapped_code_ranges;

/// `ready` is never constructed: whoever finds the entry counted may be looking at it already, and
/// the page under it is zero.
struct MappedCodeRanges::Entry {
  NamedRange range;
  std::atomic<bool> ready;
};

/// How much is taken of a chunk's entries and of its text: one word, aligned as one, so that both
/// are claimed at once. Not within the chunk, which is complete only where its initialisers are.
struct alignas(std::uint64_t) MappedCodeRanges::Taken {
  std::uint32_t entries = 0;
  std::uint32_t text = 0;
};

/// Entries from its begin on, and from its end down the paths that they name.
struct MappedCodeRanges::Chunk {
  explicit Chunk(Chunk* next_older) : older(next_older) {}

  /// Null: no room.
  Entry* claim(std::size_t text_size, char*& text) {
    Taken before = taken.load(std::memory_order_relaxed);
    Taken after;
    do {
      after.entries = before.entries + 1;
      after.text = before.text + static_cast<std::uint32_t>(text_size);
      if (after.entries * sizeof(Entry) + after.text > sizeof room)
        return nullptr;
    } while (!taken.compare_exchange_weak(before, after, std::memory_order_relaxed));
    text = room + sizeof room - after.text;
    return reinterpret_cast<Entry*>(room) + before.entries;
  }
  /// The entry at `index`, as soon as it is complete.
  [[nodiscard]] const Entry* complete(std::size_t index) const {
    const auto* const entry = reinterpret_cast<const Entry*>(room) + index;
    return entry->ready.load(std::memory_order_acquire) ? entry : nullptr;
  }

  static constexpr std::size_t kBytes = std::size_t{32} * 1024; // more than a path can have
  Chunk* const older;
  std::atomic<Taken> taken;
  alignas(Entry) char room[kBytes - sizeof(void*) - sizeof(std::atomic<Taken>)];
};

bool MappedCodeRanges::add(PageRange range, std::string_view path) {
  Chunk* chunk = newest_.load(std::memory_order_acquire);
  while (true) {
    char* text = nullptr;
    Entry* const entry = chunk == nullptr ? nullptr : chunk->claim(path.size(), text);
    if (entry != nullptr) {
      __builtin_memcpy(text, path.data(), path.size());
      new (&entry->range) NamedRange{.range = range,
                                     .bias = range.begin(),
                                     .name = {text, path.size()},
                                     .region = Region::text,
                                     .kind = NamedRange::sealed};
      entry->ready.store(true, std::memory_order_release);
      return true;
    }
    const Reply mapped = Kernel::map_pages(Chunk::kBytes, false);
    if (!mapped.ok())
      return false;
    auto* const fresh = new (reinterpret_cast<void*>(mapped.address())) Chunk{chunk};
    if (newest_.compare_exchange_strong(chunk, fresh, std::memory_order_acq_rel))
      chunk = fresh;
    else
      Kernel::unmap(mapped.address(), Chunk::kBytes); // another thread's is there
  }
}

const NamedRange* MappedCodeRanges::find(Range range) const {
  for (const Chunk* chunk = newest_.load(std::memory_order_acquire); chunk != nullptr;
       chunk = chunk->older)
    for (std::size_t i = 0; i < chunk->taken.load(std::memory_order_relaxed).entries; ++i)
      if (const Entry* const entry = chunk->complete(i);
          entry != nullptr && entry->range.range.overlaps(range))
        return &entry->range;
  return nullptr;
}

} // namespace sealwax::shim
