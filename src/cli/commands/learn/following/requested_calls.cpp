// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/following/requested_calls.hpp"

#include "cli/system/descriptor.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <climits>
#include <span>

namespace sealwax::cli::learn {
namespace {

int narrow(std::uint64_t word) {
  return static_cast<int>(word);
}

/// Whether a process's descriptor of a process, or a number in place of one, means itself.
bool means_itself(pid_t thread, int descriptor) {
  constexpr int kSelfThread = -10000, kSelf = -10001; // linux/pidfd.h, Linux 6.15
  if (descriptor == kSelfThread || descriptor == kSelf)
    return true;
  const auto own = number_behind(fmt::format("/proc/{}/status", thread), "Tgid:\t");
  return own &&
         own == number_behind(fmt::format("/proc/{}/fdinfo/{}", thread, descriptor), "Pid:\t");
}

/// The kernel discards nothing in the memory of others by this call (mm/madvise.c).
std::vector<MemoryCall> process_madvise(pid_t thread, const std::uint64_t (&arguments)[6]) {
  const auto [process, parts, count, advice, flags, unused] = arguments;
  std::vector<MemoryCall> calls;
  if (count > IOV_MAX || !means_itself(thread, narrow(process)))
    return calls;
  std::vector<std::uint64_t> words(2 * count); // struct iovec of a 64-bit process
  if (!Tracee{thread}.read(parts, std::as_writable_bytes(std::span{words})))
    return calls; // the kernel cannot read it either
  for (std::size_t i = 0; i < words.size(); i += 2)
    calls.push_back(describe_process_madvise(narrow(process), parts, count, narrow(advice),
                                             static_cast<unsigned>(flags), words[i], words[i + 1]));
  return calls;
}

std::string protection_text(std::uint64_t protection) {
  return fmt::format("{}{}{}", (protection & PROT_READ) != 0 ? 'r' : '-',
                     (protection & PROT_WRITE) != 0 ? 'w' : '-',
                     (protection & PROT_EXEC) != 0 ? 'x' : '-');
}

std::string advice_text(std::uint64_t advice) {
  const DiscardingAdvice* const known = discarding_advice(narrow(advice));
  return known != nullptr ? known->name : fmt::format("{}", advice);
}

} // namespace

std::vector<MemoryCall> requested_calls(pid_t thread, const SystemCall& call) {
  const auto& argument = call.arguments;
  switch (call.number) {
  case SYS_mmap:
    return {describe_mmap(argument[0], argument[1], narrow(argument[2]), narrow(argument[3]),
                          narrow(argument[4]), static_cast<long>(argument[5]))};
  case SYS_mprotect:
    return {describe_mprotect(argument[0], argument[1], narrow(argument[2]))};
  case SYS_pkey_mprotect:
    return {
        describe_pkey_mprotect(argument[0], argument[1], narrow(argument[2]), narrow(argument[3]))};
  case SYS_munmap:
    return {describe_munmap(argument[0], argument[1])};
  case SYS_mremap:
    return {
        describe_mremap(argument[0], argument[1], argument[2], narrow(argument[3]), argument[4])};
  case SYS_madvise:
    return {describe_madvise(argument[0], argument[1], narrow(argument[2]))};
  case SYS_shmat:
    return {describe_shmat(narrow(argument[0]), argument[1], narrow(argument[2]))};
  case SYS_remap_file_pages:
    return {describe_remap_file_pages(argument[0], argument[1], narrow(argument[2]), argument[3],
                                      narrow(argument[4]))};
  case SYS_process_madvise:
    return process_madvise(thread, argument);
  default:
    return {};
  }
}

std::string request(const MemoryCall& call) {
  switch (facts_of(call.function).request) {
  case Request::protection:
    return protection_text(call.request());
  case Request::advice:
    return advice_text(call.request());
  case Request::none:
    break;
  }
  return {};
}

} // namespace sealwax::cli::learn
