// SPDX-License-Identifier: Apache-2.0
// Which memory calls a seal refuses.
#pragma once

#include "model/range.hpp"
#include "model/region.hpp"
#include "model/report/memory_function.hpp"
#include "model/slice.hpp"

#include <cstddef>
#include <cstdint>

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
  MemoryFunction function{};
  FixedVector<std::uint64_t, 6> arguments;
  FixedVector<AffectedRange, 2> affected;

  [[nodiscard]] bool requests(Request kind) const { return facts_of(function).request == kind; }
  /// The protection or the advice that it asks for.
  [[nodiscard]] std::uint64_t request() const { return arguments[facts_of(function).request_at]; }
};

/// An advice to madvise(2) that takes contents away: is_madv_discard() of mm/madvise.c.
struct DiscardingAdvice {
  int number;    ///< linux/mman.h; the C library's headers may be older than the kernel
  char name[16]; ///< without the MADV_
  bool leaves_a_hole = false;
};
inline constexpr DiscardingAdvice kDiscardingAdvice[] = {
    {4, "DONTNEED"},
    {8, "FREE"},
    {9, "REMOVE"},
    {10, "DONTFORK", true},
    {18, "WIPEONFORK", true},
    {24, "DONTNEED_LOCKED"},
    {102, "GUARD_INSTALL", true},
};
/// Null: it is none of them.
[[nodiscard]] const DiscardingAdvice* discarding_advice(int number);
/// What is left, or what a forked child gets, has nothing there.
[[nodiscard]] inline bool leaves_a_hole(int advice) {
  const DiscardingAdvice* const discarding = discarding_advice(advice);
  return discarding != nullptr && discarding->leaves_a_hole;
}

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

/// Whether a denial of new code refuses the call: memory that is writable and executable, or that
/// becomes executable. `already_code`: all that it affects can be executed. Source: prctl(2),
/// PR_SET_MDWE.
[[nodiscard]] bool gains_exec(const MemoryCall& call, bool already_code);

/// Whether `exec-gain = closed` refuses the call, besides what a denial of new code does: only a
/// file's pages can be code, privately, and only as they are mapped.
[[nodiscard]] bool is_closed_to(const MemoryCall& call);

/// The arguments as reports have them: hexadecimal, with commas. Returns the text's size; what does
/// not fit is left out.
[[nodiscard]] std::size_t format_arguments(const MemoryCall& call, Slice<char> buffer);

} // namespace sealwax
