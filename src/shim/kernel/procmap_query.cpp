// SPDX-License-Identifier: Apache-2.0
// PROCMAP_QUERY: what the kernel tells of one mapping, without the text of all.
#include "shim/kernel/arch/arch.hpp"
#include "shim/kernel/call_numbers.hpp"
#include "shim/kernel/kernel.hpp"

#include <sys/syscall.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

/// struct procmap_query of linux/fs.h, which the headers of Linux before 6.11 do not have.
struct ProcmapQuery {
  std::uint64_t size;
  std::uint64_t query_flags;
  std::uint64_t query_addr;
  std::uint64_t vma_start;
  std::uint64_t vma_end;
  std::uint64_t vma_flags;
  std::uint64_t vma_page_size;
  std::uint64_t vma_offset;
  std::uint64_t inode;
  std::uint32_t dev_major;
  std::uint32_t dev_minor;
  std::uint32_t vma_name_size;
  std::uint32_t build_id_size;
  std::uint64_t vma_name_addr;
  std::uint64_t build_id_addr;
};
static_assert(sizeof(ProcmapQuery) == 104);
constexpr std::uint64_t kQueryReadable = 1, kQueryWritable = 2, kQueryExecutable = 4;
constexpr std::uint64_t kQueryCoveringOrNext = 0x10;

} // namespace

Reply Kernel::query(int maps, Address at, bool or_next, Vma& vma, Slice<char> name,
                    std::size_t& name_size) {
  name_size = 0;
  if (!may(Call::ioctl))
    return kWithheld;
  ProcmapQuery query{};
  query.size = sizeof query;
  query.query_flags = or_next ? kQueryCoveringOrNext : 0;
  query.query_addr = at;
  query.vma_name_size = static_cast<std::uint32_t>(name.size());
  query.vma_name_addr = name.empty() ? 0 : reinterpret_cast<std::uintptr_t>(name.data());
  const Reply reply{
      arch::system_call(SYS_ioctl, maps, kProcmapQuery, reinterpret_cast<long>(&query))};
  // ENOTTY is Linux before 6.11. EPERM is a filter.
  if (reply.error() == EPERM || reply.error() == ENOSYS || reply.error() == ENOTTY)
    forget(Call::ioctl);
  if (!reply.ok())
    return reply;
  // A filter may answer 0 and let the kernel do nothing.
  if (query.vma_end <= at) {
    forget(Call::ioctl);
    return kWithheld;
  }
  vma.range = Range{query.vma_start, query.vma_end};
  vma.readable = (query.vma_flags & kQueryReadable) != 0;
  vma.writable = (query.vma_flags & kQueryWritable) != 0;
  vma.executable = (query.vma_flags & kQueryExecutable) != 0;
  vma.file = {query.inode, query.dev_major, query.dev_minor};
  vma.offset = query.vma_offset;
  name_size = query.vma_name_size == 0 ? 0 : query.vma_name_size - 1; // counts the terminator
  return reply;
}

} // namespace sealwax::shim
