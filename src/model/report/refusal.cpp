// SPDX-License-Identifier: Apache-2.0
#include "model/report/refusal.hpp"

#include <sys/mman.h>
#include <sys/shm.h>

namespace sealwax {
namespace {

// linux/mman.h; the C library's headers may be older than the kernel.
constexpr int kFixedNoReplace = 0x100000, kDontUnmap = 4;

template <MemoryFunction function, typename... Words>
MemoryCall call(Words... words) {
  static_assert(sizeof...(words) <= facts_of(function).arguments);
  MemoryCall described;
  described.function = function;
  ((void)described.arguments.push(static_cast<std::uint64_t>(words)), ...);
  return described;
}

void affect(MemoryCall& described, Address at, std::size_t size, Effect effect) {
  Address end = 0;
  if (size == 0 || __builtin_add_overflow(at, size, &end))
    return; // the kernel refuses these for reasons of its own
  (void)described.affected.push(AffectedRange{{at, end}, effect});
}

/// What the kernel discards or leaves out; is_madv_discard() of mm/madvise.c.
Effect effect_of(int advice) {
  if (discarding_advice(advice) == nullptr)
    return Effect::none;
  return leaves_a_hole(advice) ? Effect::hole : Effect::discard;
}

} // namespace

const DiscardingAdvice* discarding_advice(int number) {
  for (const DiscardingAdvice& advice : kDiscardingAdvice)
    if (advice.number == number)
      return &advice;
  return nullptr;
}

MemoryCall describe_mmap(Address at, std::size_t size, int protection, int flags, int descriptor,
                         long offset) {
  MemoryCall described =
      call<MemoryFunction::mmap>(at, size, protection, flags, descriptor, offset);
  // With MAP_FIXED_NOREPLACE the answer is EEXIST, sealed or not.
  if ((flags & MAP_FIXED) != 0 && (flags & kFixedNoReplace) == 0)
    affect(described, at, size, Effect::change);
  return described;
}

MemoryCall describe_mprotect(Address at, std::size_t size, int protection) {
  MemoryCall described = call<MemoryFunction::mprotect>(at, size, protection);
  affect(described, at, size, Effect::change);
  return described;
}

MemoryCall describe_pkey_mprotect(Address at, std::size_t size, int protection, int key) {
  MemoryCall described = call<MemoryFunction::pkey_mprotect>(at, size, protection, key);
  affect(described, at, size, Effect::change);
  return described;
}

MemoryCall describe_munmap(Address at, std::size_t size) {
  MemoryCall described = call<MemoryFunction::munmap>(at, size);
  affect(described, at, size, Effect::change);
  return described;
}

MemoryCall describe_mremap(Address at, std::size_t old_size, std::size_t new_size, int flags,
                           Address new_at) {
  MemoryCall described = call<MemoryFunction::mremap>(at, old_size, new_size, flags);
  // Without these nobody need have passed it.
  if ((flags & (MREMAP_FIXED | kDontUnmap)) != 0)
    (void)described.arguments.push(new_at);
  affect(described, at, old_size, Effect::change);
  if ((flags & MREMAP_FIXED) != 0)
    affect(described, new_at, new_size, Effect::change);
  return described;
}

MemoryCall describe_madvise(Address at, std::size_t size, int advice) {
  MemoryCall described = call<MemoryFunction::madvise>(at, size, advice);
  if (const Effect effect = effect_of(advice); effect != Effect::none)
    affect(described, at, size, effect);
  return described;
}

MemoryCall describe_process_madvise(int process, Address parts, std::size_t count, int advice,
                                    unsigned flags, Address at, std::size_t size) {
  MemoryCall described =
      call<MemoryFunction::process_madvise>(process, parts, count, advice, flags);
  // Its parts cannot be read before the kernel has taken the call, so no hole is refused here.
  if (effect_of(advice) != Effect::none)
    affect(described, at, size, Effect::discard);
  return described;
}

MemoryCall describe_shmat(int id, Address at, int flags) {
  MemoryCall described = call<MemoryFunction::shmat>(id, at, flags);
  // The segment's size is not known here; its first page is enough to tell what it would replace.
  if ((flags & SHM_REMAP) != 0)
    affect(described, at, 1, Effect::change);
  return described;
}

MemoryCall describe_remap_file_pages(Address at, std::size_t size, int protection,
                                     std::size_t page_offset, int flags) {
  MemoryCall described =
      call<MemoryFunction::remap_file_pages>(at, size, protection, page_offset, flags);
  affect(described, at, size, Effect::change);
  return described;
}

bool gains_exec(const MemoryCall& call, bool already_code) {
  if (!call.requests(Request::protection) || (call.request() & PROT_EXEC) == 0)
    return false;
  const bool writable = (call.request() & PROT_WRITE) != 0;
  if (facts_of(call.function).replaces) // It has no permission yet that could be gained to.
    return writable;
  return !call.affected.empty() && (writable || !already_code);
}

bool is_closed_to(const MemoryCall& call) {
  constexpr std::uint64_t kMapType = 0x0f; // linux/mman.h, MAP_TYPE
  if (call.function == MemoryFunction::shmat)
    return (call.arguments[2] & SHM_EXEC) != 0;
  if (!call.requests(Request::protection) || (call.request() & PROT_EXEC) == 0)
    return false;
  if (!facts_of(call.function).replaces)
    return true;
  const std::uint64_t flags = call.arguments[3];
  return (call.request() & PROT_WRITE) != 0 || (flags & MAP_ANONYMOUS) != 0 ||
         (flags & kMapType) != MAP_PRIVATE;
}

std::size_t format_arguments(const MemoryCall& described, Slice<char> buffer) {
  std::size_t size = 0;
  for (const std::uint64_t argument : described.arguments) {
    char digits[16];
    std::size_t first = sizeof digits;
    std::uint64_t rest = argument;
    do
      digits[--first] = "0123456789abcdef"[rest % 16];
    while ((rest /= 16) != 0);
    const std::size_t separator = size == 0 ? 0 : 1;
    const std::size_t length = separator + 2 + (sizeof digits - first);
    if (size + length > buffer.size())
      break;
    if (separator != 0)
      buffer[size++] = ',';
    buffer[size++] = '0';
    buffer[size++] = 'x';
    while (first < sizeof digits)
      buffer[size++] = digits[first++];
  }
  return size;
}

} // namespace sealwax
