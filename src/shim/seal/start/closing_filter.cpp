// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/start/closing_filter.hpp"

#include "shim/kernel/arch/arch.hpp"
#include "shim/kernel/call_numbers.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>

namespace sealwax::shim {
namespace {

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
/// As PR_SET_MDWE answers, so that a refused call is told of as one that exec-gain denies.
constexpr std::uint32_t kNoCode = SECCOMP_RET_ERRNO | EACCES;
constexpr std::uint32_t kForbidden = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kItIsThere = SECCOMP_RET_ERRNO | kClosingFilterAnswer;

constexpr std::uint32_t kReadImpliesExec = 0x0400000; // sys/personality.h
constexpr std::uint32_t kMapType = 0x0f;              // linux/mman.h, MAP_TYPE
constexpr std::uint32_t kNewUserfaultfd = 0xaa00;     // linux/userfaultfd.h, USERFAULTFD_IOC_NEW
#ifdef __x86_64__
constexpr std::uint32_t kX32 = 0x40000000; // asm/unistd.h, __X32_SYSCALL_BIT
#endif

/// A filter loads half of an argument at a time.
constexpr bool kLowWordFirst = std::endian::native == std::endian::little;
constexpr std::uint32_t half_of(std::size_t argument, bool first) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    argument * sizeof(std::uint64_t) +
                                    (first ? 0 : sizeof(std::uint32_t)));
}
constexpr std::uint32_t low_word(std::size_t argument) {
  return half_of(argument, kLowWordFirst);
}
constexpr std::uint32_t high_word(std::size_t argument) {
  return half_of(argument, !kLowWordFirst);
}

constexpr sock_filter load(std::uint32_t offset) {
  return {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
}
constexpr sock_filter answer(std::uint32_t action) {
  return {BPF_RET | BPF_K, 0, 0, action};
}
/// Skips so many steps where it holds, or does not.
constexpr sock_filter skip_unless_equal(std::uint32_t value, std::uint8_t steps) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, steps, value};
}
constexpr sock_filter skip_if_equal(std::uint32_t value, std::uint8_t steps) {
  return {BPF_JMP | BPF_JEQ | BPF_K, steps, 0, value};
}
constexpr sock_filter skip_unless_any(std::uint32_t bits, std::uint8_t steps) {
  return {BPF_JMP | BPF_JSET | BPF_K, 0, steps, bits};
}
constexpr sock_filter only_bits(std::uint32_t bits) {
  return {BPF_ALU | BPF_AND | BPF_K, 0, 0, bits};
}

/// What makes memory executable takes the file that it is of, as ld.so does, privately. The call's
/// number stays loaded from one rule to the next where the rule is not about that call.
constexpr auto kSteps = std::to_array<sock_filter>({
    // Another architecture's numbers mean other calls.
    load(offsetof(seccomp_data, arch)),
    skip_if_equal(arch::kAuditArchitecture, 1),
    answer(kForbidden),
    load(offsetof(seccomp_data, nr)),
#ifdef __x86_64__
    {BPF_JMP | BPF_JGE | BPF_K, 0, 1, kX32},
    answer(kForbidden),
#endif
    // mmap: no PROT_EXEC but with MAP_PRIVATE, of a file, and not writable.
    skip_unless_equal(SYS_mmap, 11),
    load(low_word(2)),
    skip_unless_any(PROT_EXEC, 8),
    skip_unless_any(PROT_WRITE, 1),
    answer(kNoCode),
    load(low_word(3)),
    skip_unless_any(MAP_ANONYMOUS, 1),
    answer(kNoCode),
    only_bits(kMapType),
    skip_if_equal(MAP_PRIVATE, 1),
    answer(kNoCode),
    answer(kAllow),
    // mprotect: no PROT_EXEC. Of nothing, at an address that says so, it tells of this filter.
    skip_unless_equal(SYS_mprotect, 11),
    load(low_word(2)),
    skip_unless_any(PROT_EXEC, 1),
    answer(kNoCode),
    load(low_word(1)),
    skip_unless_equal(0, 5),
    load(low_word(0)),
    skip_unless_equal(static_cast<std::uint32_t>(kClosingFilterMark), 3),
    load(high_word(0)),
    skip_unless_equal(static_cast<std::uint32_t>(kClosingFilterMark >> 32U), 1),
    answer(kItIsThere),
    answer(kAllow),
    skip_unless_equal(SYS_pkey_mprotect, 4),
    load(low_word(2)),
    skip_unless_any(PROT_EXEC, 1),
    answer(kNoCode),
    answer(kAllow),
    skip_unless_equal(SYS_shmat, 4),
    load(low_word(2)),
    skip_unless_any(SHM_EXEC, 1),
    answer(kNoCode),
    answer(kAllow),
    // All bits ask for the personality, and change nothing (personality(2)).
    skip_unless_equal(SYS_personality, 5),
    load(low_word(0)),
    skip_if_equal(~0U, 2),
    skip_unless_any(kReadImpliesExec, 1),
    answer(kForbidden),
    answer(kAllow),
    // What /dev/userfaultfd makes is what userfaultfd(2) does.
    skip_unless_equal(SYS_ioctl, 4),
    load(low_word(1)),
    skip_unless_equal(kNewUserfaultfd, 1),
    answer(kForbidden),
    answer(kAllow),
    // Files without a folder, pages that another thread fills, somebody else's memory.
    skip_if_equal(SYS_memfd_create, 4),
    skip_if_equal(SYS_userfaultfd, 3),
    skip_if_equal(SYS_ptrace, 2),
    skip_if_equal(kIoUringSetup, 1),
    answer(kAllow),
    answer(kForbidden),
});

/// Sets no-new-privileges where installing a filter takes that (seccomp(2)).
Reply make_ready(Kernel& kernel) {
  // The kernel looks at the caller's rights before it looks where the steps are (kernel/seccomp.c,
  // seccomp_prepare_filter).
  const sock_fprog steps_nowhere{1, reinterpret_cast<sock_filter*>(sizeof(sock_filter))};
  Reply tried = kernel.install_filter(steps_nowhere);
  if (tried.error() == EACCES) {
    if (const Reply denied = kernel.deny_new_privileges(); !denied.ok())
      return denied;
    tried = kernel.install_filter(steps_nowhere);
  }
  return tried.error() == EFAULT ? Reply{0} : tried;
}

} // namespace

ClosingFilter ClosingFilter::prepare(Kernel& kernel, const Settings& settings, bool gained_rights) {
  ClosingFilter filter;
  if (settings.mode != Mode::enforce || settings.exec_gain != ExecGain::closed)
    return filter;
  if (has_closing_filter()) {
    filter.state_ = State::there_already;
    return filter;
  }
  if constexpr (arch::kMapTakesBlock) { // in which a filter cannot look
    filter.error_ = EOPNOTSUPP;
    filter.state_ = State::impossible;
    return filter;
  }
  // What gains rights is what no-new-privileges, kept by all that it starts, would change.
  filter.error_ = gained_rights ? EPERM : make_ready(kernel).error();
  filter.state_ = filter.error_ == 0 ? State::ready : State::impossible;
  return filter;
}

int ClosingFilter::install(Kernel& kernel) const {
  if (state_ != State::ready)
    return error_;
  const sock_fprog program{kSteps.size(), const_cast<sock_filter*>(kSteps.data())};
  const Reply installed = kernel.install_filter(program);
  if (installed.ok())
    kernel.forget(Call::protect_code);
  return installed.error();
}

} // namespace sealwax::shim
