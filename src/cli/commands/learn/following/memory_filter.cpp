// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/following/memory_filter.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/system/kernel_probe.hpp"
#include "model/report/refusal.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <seccomp.h>
#include <stdexcept>

namespace sealwax::cli::learn {
namespace {

// libseccomp writes the program: arguments have 64 bits and the filter's words 32, calls have
// numbers of their own in the x32 ABI, and a rule that is wrong in one of these goes unnoticed. It
// sees to it that a call which no rule names costs few comparisons; and the kernel does not even
// run the filter for those (seccomp_cache_prepare, Linux 5.11).
class Filter {
public:
  Filter() : context_(seccomp_init(SCMP_ACT_ALLOW)) {
    if (!context_)
      throw CommandError("cannot make a seccomp filter: out of memory");
    // 32-bit programs can have no seals.
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
    // Only who is not allowed otherwise gives up the rights of setuid programs for it.
    set(SCMP_FLTATR_CTL_NNP, 0);
    // It is no sandbox: without this, kernels before 5.16 slow the program's every branch down.
    if (seccomp_api_get() >= 4)
      set(SCMP_FLTATR_CTL_SSB, 1);
  }

  template <typename... Conditions>
  void stop_at(long number, Conditions... conditions) {
    check(seccomp_rule_add(context_.get(), SCMP_ACT_TRACE(kFilterData), static_cast<int>(number),
                           sizeof...(conditions), conditions...));
  }

  void load() {
    set(SCMP_FLTATR_API_SYSRAWRC, 1);
    int answer = seccomp_load(context_.get());
    if (answer == -EACCES) { // seccomp(2): it takes CAP_SYS_ADMIN, or this
      set(SCMP_FLTATR_CTL_NNP, 1);
      answer = seccomp_load(context_.get());
    }
    check(answer);
  }

private:
  struct Release {
    void operator()(scmp_filter_ctx context) const { seccomp_release(context); }
  };

  void set(scmp_filter_attr attribute, std::uint32_t value) {
    check(seccomp_attr_set(context_.get(), attribute, value));
  }

  static void check(int answer) {
    if (answer < 0)
      throw CommandError(
          fmt::format("cannot install a seccomp filter: {}", std::strerror(-answer)));
  }

  std::unique_ptr<void, Release> context_;
};

constexpr scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

constexpr scmp_arg_cmp is(unsigned argument, std::uint64_t value) {
  // The kernel looks at the lower half of an int.
  return {argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value};
}

void add_changes(Filter& filter) {
  for (const long number :
       {SYS_munmap, SYS_mremap, SYS_mprotect, SYS_pkey_mprotect, SYS_remap_file_pages})
    filter.stop_at(number);
  filter.stop_at(SYS_mmap, has_bits(3, MAP_FIXED));
  filter.stop_at(SYS_shmat, has_bits(2, SHM_REMAP));
}

void add_discards(Filter& filter) {
  for (const MemoryFunction function : {MemoryFunction::madvise, MemoryFunction::process_madvise})
    for (const DiscardingAdvice& advice : kDiscardingAdvice)
      filter.stop_at(facts_of(function).system_call,
                     is(facts_of(function).request_at, static_cast<std::uint64_t>(advice.number)));
}

} // namespace

void install_memory_filter() {
  constexpr std::uint64_t kSetMdwe = 65; // PR_SET_MDWE
  Filter filter;
  add_changes(filter);
  add_discards(filter);
  filter.stop_at(SYS_mmap, has_bits(2, PROT_WRITE | PROT_EXEC));
  filter.stop_at(kMseal);
  filter.stop_at(SYS_prctl, is(0, kSetMdwe));
  filter.stop_at(SYS_ptrace);
  filter.load();
}

} // namespace sealwax::cli::learn
