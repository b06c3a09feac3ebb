// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/move/copy_arena.hpp"

#include <sys/mman.h>

#include <cerrno>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // Linux 5.14, glibc 2.35
#endif

namespace sealwax::shim {
namespace {

/// What one entry of the second lowest page table level maps, with pages of 4 KiB.
constexpr std::size_t kHugePage = std::size_t{2} << 20;

} // namespace

/// Most of a large copy's cost is the faults of its pages. Whether a whole huge page lies in it.
bool CopyArena::wants_huge_pages(PageRange range) const {
  const Address first = (range.begin() + kHugePage - 1) & ~(kHugePage - 1);
  return page_.bytes() == 4096 && first + kHugePage <= range.end();
}

void CopyArena::count(PageRange range) {
  bytes_ += range.size();
  if (wants_huge_pages(range)) {
    bytes_ += kHugePage; // room for place()
    any_huge_ = true;
  }
}

bool CopyArena::reserve() {
  if (bytes_ == 0)
    return false;
  const bool possible = kernel_.may(Call::mremap) && kernel_.may(Call::mseal);
  Reply mapped = possible ? Kernel::map_pages(spare_ + bytes_, !any_huge_) : Reply{-ENOSYS};
  if (mapped.error() == ENOMEM && limits_.lift())
    mapped = Kernel::map_pages(spare_ + bytes_, !any_huge_);
  if (!mapped.ok()) {
    error_ = mapped.error();
    return false;
  }
  begin_ = copied_ = put_ = mapped.address() + spare_;
  end_ = begin_ + bytes_;
  return true;
}

CopyArena::~CopyArena() {
  if (usable())
    Kernel::unmap(begin_, end_ - begin_);
}

/// The copy of a large range lies as far behind a huge page's border as its original, so that the
/// move takes huge pages over as they are and need not split them (mm/mremap.c, move_huge_pmd).
Address CopyArena::place(PageRange range, Address& cursor) const {
  if (wants_huge_pages(range))
    cursor += (range.begin() - cursor) & (kHugePage - 1);
  const Address at = cursor;
  cursor += range.size();
  return at;
}

Address CopyArena::make_room(PageRange range) {
  const Address at = place(range, copied_);
  const PageRange pages = page_.covering({at, at + range.size()});
  // Both are hints: what they did not do, the copying's own faults do, so nobody asks for the
  // answer.
  if (wants_huge_pages(range))
    (void)kernel_.advise(pages, MADV_HUGEPAGE);
  if (any_huge_)
    (void)kernel_.advise(pages, MADV_POPULATE_WRITE);
  return at;
}

Address CopyArena::copy(PageRange range) {
  const Address at = make_room(range);
  __builtin_memcpy(reinterpret_cast<void*>(at), reinterpret_cast<const void*>(range.begin()),
                   range.size());
  return at;
}

void CopyArena::protect() {
  if (const Reply reply = Kernel::protect(page_.covering({begin_, end_}), PROT_READ); !reply.ok()) {
    error_ = reply.error();
    Kernel::unmap(begin_ - spare_, spare_ + end_ - begin_);
    begin_ = 0; // what would be put in place of RELRO could be written to
  }
}

Reply CopyArena::put(PageRange range) {
  return kernel_.move_over(place(range, put_), range);
}

Reply CopyArena::move_by_page(PageRange range) {
  for (Address at = range.begin(); at < range.end(); at += page_.bytes()) {
    const PageRange page = page_.covering({at, at + 1});
    CopyArena single{kernel_, page_};
    single.count(page);
    if (!single.reserve())
      return Reply{-single.error()};
    single.copy(page);
    single.protect();
    if (!single.usable())
      return Reply{-single.error()};
    if (const Reply moved = single.put(page); !moved.ok())
      return moved;
  }
  return Reply{0};
}

} // namespace sealwax::shim
