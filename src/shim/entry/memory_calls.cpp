// SPDX-License-Identifier: Apache-2.0
// The memory calls that a program makes. Each passes the call on as it is, and makes no other where
// it succeeds; what a seal refused, or would have, is told of. ld.so's own calls never come here.
// None of them seals a library, takes a lock or asks the loader anything.
#include "model/report/refusal.hpp"
#include "shim/kernel/arch/arch.hpp"
#include "shim/kernel/arch/odd_calls.hpp"
#include "shim/kernel/errno_guard.hpp"
#include "shim/kernel/process_descriptor.hpp"
#include "shim/report/audit.hpp"
#include "shim/report/refusals.hpp"
#include "shim/seal/late/mapped_code.hpp"
#include "shim/state/refusing_range.hpp"
#include "shim/state/state.hpp"

#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstdarg>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

// sys/mman.h would declare the functions that are defined here, with exception specifications of
// its own.
constexpr int kProtExec = 4, kMapAnonymous = 0x20;
void* const kFailed = reinterpret_cast<void*>(-1L); // MAP_FAILED, and shmat's error

Address caller_of(void* return_address) {
  return reinterpret_cast<Address>(return_address);
}
Address address(const void* at) {
  return reinterpret_cast<Address>(at);
}

/// The next definition of a function behind this library.
template <typename Signature>
Signature* next(MemoryFunction function) {
  return reinterpret_cast<Signature*>(frozen.next_definitions.of(function));
}

/// What a function of libc's returns for what the kernel answered.
long with_errno(long answer) {
  if (answer >= 0 || answer < -4095)
    return answer;
  set_errno(static_cast<int>(-answer));
  return -1;
}

/// What glibc's functions do: the system call, and its error in errno. Also for a program whose C
/// library lacks the function, or that has none.
template <typename... Words>
long raw(long number, Words... words) {
  return with_errno(arch::system_call(number, static_cast<long>(words)...));
}

int error() {
  return errno_or(EPERM);
}

/// For a call that failed, or that something was found about. Leaves errno as the call made it.
[[gnu::noinline, gnu::cold]] void deal_with(const MemoryCall& call, const AuditVerdict& verdict,
                                            bool failure, Address caller) {
  const int after = error();
  if (failure && after == EPERM)
    answer_refusal(call, caller);
  else if (failure && after == EACCES)
    answer_exec_denial(call, caller);
  else if (!failure || after == ENOMEM) // ENOMEM can come after a part was done
    report_audited_call(verdict, call, caller);
  set_errno(after);
}

[[gnu::noinline, gnu::cold]] AuditVerdict audit(const MemoryCall& call) {
  const int before = error();
  const AuditVerdict verdict = audit_call(call);
  set_errno(before);
  return verdict;
}

/// Makes a call by `pass_on()`, with what the policy wants around it. `failed(result)` tells a
/// failure; `describe()` and the rest are for the rare cases.
template <typename PassOn, typename Failed, typename Describe>
[[gnu::always_inline]] inline auto make_call(PassOn pass_on, Failed failed, Describe describe,
                                             void* return_address) {
  AuditVerdict verdict;
  if (state.audits.load(std::memory_order_relaxed)) [[unlikely]]
    verdict = audit(describe());
  const auto result = pass_on();
  const bool failure = failed(result);
  if (!failure && !verdict.any()) [[likely]]
    return result;
  deal_with(describe(), verdict, failure, caller_of(return_address));
  return result;
}

constexpr auto kMinusOne = [](auto result) { return result == -1; };
constexpr auto kFailedPointer = [](void* result) { return result == kFailed; };

[[gnu::noinline, gnu::cold]] void seal_code(const void* at, std::size_t size) {
  if (!may_seal_mapped_code())
    return;
  const int before = error();
  seal_mapped_code(frozen.page.covering({address(at), address(at) + size}));
  set_errno(before);
}

[[gnu::always_inline]] inline void seal_if_code(const void* at, std::size_t size, int protection) {
  if ((protection & kProtExec) != 0) [[unlikely]]
    seal_code(at, size);
}

void* map(MemoryFunction function, void* at, std::size_t size, int protection, int flags,
          int descriptor, long offset, void* return_address) {
  void* const result = make_call(
      [&] {
        if (auto* const go = next<void*(void*, std::size_t, int, int, int, long)>(function))
          return go(at, size, protection, flags, descriptor, offset);
        return reinterpret_cast<void*>(
            with_errno(arch::map_call(static_cast<long>(address(at)), static_cast<long>(size),
                                      protection, flags, descriptor, offset)));
      },
      kFailedPointer,
      [&] { return describe_mmap(address(at), size, protection, flags, descriptor, offset); },
      return_address);
  if (result != kFailed && (flags & kMapAnonymous) == 0)
    seal_if_code(result, size, protection);
  return result;
}

} // namespace

#define EXPORTED extern "C" [[gnu::visibility("default")]]

EXPORTED void* mmap(void* at, std::size_t size, int protection, int flags, int descriptor,
                    long offset) noexcept {
  return map(MemoryFunction::mmap, at, size, protection, flags, descriptor, offset,
             __builtin_return_address(0));
}

EXPORTED void* mmap64(void* at, std::size_t size, int protection, int flags, int descriptor,
                      long offset) noexcept {
  return map(MemoryFunction::mmap64, at, size, protection, flags, descriptor, offset,
             __builtin_return_address(0));
}

EXPORTED int mprotect(void* at, std::size_t size, int protection) noexcept {
  const int result = make_call(
      [&] {
        if (auto* const go = next<int(void*, std::size_t, int)>(MemoryFunction::mprotect))
          return go(at, size, protection);
        return static_cast<int>(raw(SYS_mprotect, address(at), size, protection));
      },
      kMinusOne, [&] { return describe_mprotect(address(at), size, protection); },
      __builtin_return_address(0));
  if (result == 0)
    seal_if_code(at, size, protection);
  return result;
}

EXPORTED int pkey_mprotect(void* at, std::size_t size, int protection, int key) noexcept {
  const int result = make_call(
      [&] {
        if (auto* const go = next<int(void*, std::size_t, int, int)>(MemoryFunction::pkey_mprotect))
          return go(at, size, protection, key);
        // Kernels without protection keys have the plain call only (pkey_mprotect(2)).
        return static_cast<int>(key == -1
                                    ? raw(SYS_mprotect, address(at), size, protection)
                                    : raw(SYS_pkey_mprotect, address(at), size, protection, key));
      },
      kMinusOne, [&] { return describe_pkey_mprotect(address(at), size, protection, key); },
      __builtin_return_address(0));
  if (result == 0)
    seal_if_code(at, size, protection);
  return result;
}

EXPORTED int munmap(void* at, std::size_t size) noexcept {
  return make_call(
      [&] {
        if (auto* const go = next<int(void*, std::size_t)>(MemoryFunction::munmap))
          return go(at, size);
        return static_cast<int>(raw(SYS_munmap, address(at), size));
      },
      kMinusOne, [&] { return describe_munmap(address(at), size); }, __builtin_return_address(0));
}

EXPORTED void* mremap(void* at, std::size_t old_size, std::size_t new_size, int flags,
                      ...) noexcept {
  // Read whether it was passed or not, as libc does: the system call takes no notice of it unless
  // the flags say so.
  va_list rest;
  va_start(rest, flags);
  void* const new_at = va_arg(rest, void*);
  va_end(rest);
  return make_call(
      [&] {
        using Function = void*(void*, std::size_t, std::size_t, int, ...);
        if (auto* const go = next<Function>(MemoryFunction::mremap))
          return go(at, old_size, new_size, flags, new_at);
        return reinterpret_cast<void*>(
            raw(SYS_mremap, address(at), old_size, new_size, flags, address(new_at)));
      },
      kFailedPointer,
      [&] { return describe_mremap(address(at), old_size, new_size, flags, address(new_at)); },
      __builtin_return_address(0));
}

/// Whether a seal on code or constants is to refuse advice that the kernel would take, as it does
/// where they lie in their file's mapping.
[[gnu::noinline, gnu::cold]] static bool refuses_hole(const void* at, std::size_t size, int advice,
                                                      Address caller) {
  const int before = error();
  const bool takes_no_part = !frozen.active || address(at) % frozen.page.bytes() != 0;
  const MemoryCall call = describe_madvise(address(at), size, advice);
  const NamedRange* const range =
      takes_no_part ? nullptr : range_refusing(call, NamedRange::sealed);
  const bool refuses =
      range != nullptr && !range->anonymous_and_constant && answer_refusal(call, caller);
  set_errno(refuses ? EPERM : before);
  return refuses;
}

EXPORTED int madvise(void* at, std::size_t size, int advice) noexcept {
  if (leaves_a_hole(advice) &&
      refuses_hole(at, size, advice, caller_of(__builtin_return_address(0)))) [[unlikely]]
    return -1;
  return make_call(
      [&] {
        if (auto* const go = next<int(void*, std::size_t, int)>(MemoryFunction::madvise))
          return go(at, size, advice);
        return static_cast<int>(raw(SYS_madvise, address(at), size, advice));
      },
      kMinusOne, [&] { return describe_madvise(address(at), size, advice); },
      __builtin_return_address(0));
}

/// Returns its error, and leaves errno alone. Its advice of DONTNEED discards nothing: libc makes
/// no call for it (glibc sysdeps/unix/sysv/linux/posix_madvise.c).
EXPORTED int posix_madvise(void* at, std::size_t size, int advice) noexcept {
  if (auto* const go = next<int(void*, std::size_t, int)>(MemoryFunction::posix_madvise))
    return go(at, size, advice);
  constexpr int kPosixDontNeed = 4;
  if (advice == kPosixDontNeed)
    return 0;
  return static_cast<int>(-arch::system_call(SYS_madvise, static_cast<long>(address(at)),
                                             static_cast<long>(size), advice));
}

/// Its parts are looked at only once the kernel has read them: until then the pointer can be a bad
/// one. Advice takes nothing away that a look would need.
EXPORTED ssize_t process_madvise(int process, const iovec* parts, std::size_t count, int advice,
                                 unsigned flags) noexcept {
  using Function = ssize_t(int, const iovec*, std::size_t, int, unsigned);
  auto* const go = next<Function>(MemoryFunction::process_madvise);
  const ssize_t result =
      go != nullptr ? go(process, parts, count, advice, flags)
                    : raw(SYS_process_madvise, process, address(parts), count, advice, flags);
  const int after = error();
  const bool refused = result == -1 && after == EPERM;
  if ((!refused && (result == -1 || !state.audits)) || !is_this_process(state.kernel, process))
      [[likely]] {
    set_errno(after);
    return result;
  }
  const Address caller = caller_of(__builtin_return_address(0));
  bool reported = false;
  for (std::size_t i = 0; i < count && !reported; ++i) {
    const MemoryCall call = describe_process_madvise(process, address(parts), count, advice, flags,
                                                     address(parts[i].iov_base), parts[i].iov_len);
    reported = refused ? answer_refusal(call, caller)
                       : report_audited_call(audit_call(call), call, caller);
  }
  set_errno(after);
  return result;
}

EXPORTED void* shmat(int id, const void* at, int flags) noexcept {
  return make_call(
      [&] {
        if (auto* const go = next<void*(int, const void*, int)>(MemoryFunction::shmat))
          return go(id, at, flags);
        return reinterpret_cast<void*>(raw(SYS_shmat, id, address(at), flags));
      },
      kFailedPointer, [&] { return describe_shmat(id, address(at), flags); },
      __builtin_return_address(0));
}

EXPORTED int remap_file_pages(void* at, std::size_t size, int protection, std::size_t offset,
                              int flags) noexcept {
  using Function = int(void*, std::size_t, int, std::size_t, int);
  return make_call(
      [&] {
        if (auto* const go = next<Function>(MemoryFunction::remap_file_pages))
          return go(at, size, protection, offset, flags);
        return static_cast<int>(
            raw(SYS_remap_file_pages, address(at), size, protection, offset, flags));
      },
      kMinusOne,
      [&] { return describe_remap_file_pages(address(at), size, protection, offset, flags); },
      __builtin_return_address(0));
}
