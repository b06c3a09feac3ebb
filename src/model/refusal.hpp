// Which memory calls a seal refuses.
#pragma once

#include "model/range.hpp"
#include "model/region.hpp"
#include "model/slice.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

/// What a call does to a mapping.
enum class Effect : std::uint8_t {
  none,
  change,  ///< its permission, its place, or whether it is there
  discard, ///< its contents: refused only on anonymous memory that may not be written
  hole,    ///< likewise, and what is left, or what a forked child gets, has nothing there
};

struct AffectedRange {
  Range range;
  Effect effect = Effect::none;
};

/// A memory call, as far as seals and reports care.
struct MemoryCall {
  std::string_view name;
  FixedVector<std::uint64_t, 6> arguments;
  FixedVector<AffectedRange, 2> affected;
};

[[nodiscard]] MemoryCall describe_mmap(Address at, std::size_t size, int protection, int flags,
                                       int descriptor, long offset);
[[nodiscard]] MemoryCall describe_mprotect(Address at, std::size_t size, int protection);
[[nodiscard]] MemoryCall describe_pkey_mprotect(Address at, std::size_t size, int protection,
                                                int key);
[[nodiscard]] MemoryCall describe_munmap(Address at, std::size_t size);
[[nodiscard]] MemoryCall describe_mremap(Address at, std::size_t old_size, std::size_t new_size,
                                         int flags, Address new_at);
[[nodiscard]] MemoryCall describe_madvise(Address at, std::size_t size, int advice);
/// For one of its parts, at `at`; `parts` is where they all are.
[[nodiscard]] MemoryCall describe_process_madvise(int process, Address parts, std::size_t count,
                                                  int advice, unsigned flags, Address at,
                                                  std::size_t size);
[[nodiscard]] MemoryCall describe_shmat(int id, Address at, int flags);
[[nodiscard]] MemoryCall describe_remap_file_pages(Address at, std::size_t size, int protection,
                                                   std::size_t page_offset, int flags);

/// MADV_DONTFORK, WIPEONFORK and GUARD_INSTALL.
[[nodiscard]] constexpr bool leaves_a_hole(int advice) {
  return advice == 10 || advice == 18 || advice == 102;
}

/// Whether a seal on memory of this kind refuses this effect. Source: mm/mseal.c and mm/madvise.c
/// (can_madvise_modify), Documentation/userspace-api/mseal.rst.
[[nodiscard]] constexpr bool refuses(Effect effect, bool anonymous_and_constant) {
  return effect == Effect::change ||
         ((effect == Effect::discard || effect == Effect::hole) && anonymous_and_constant);
}

/// Whether the interposed madvise refuses what a seal does not: code of anybody's could be mapped
/// into the hole. Not on data, where drivers of network adapters ask for it (ibv_fork_init(3)).
[[nodiscard]] constexpr bool is_refused_hole(Effect effect, Region region) {
  return effect == Effect::hole &&
         (region == Region::text || region == Region::rodata || region == Region::relro);
}

/// The arguments as reports have them: hexadecimal, with commas. Returns the text's size; what does
/// not fit is left out.
[[nodiscard]] std::size_t format_arguments(const MemoryCall& call, Slice<char> buffer);

} // namespace sealwax
