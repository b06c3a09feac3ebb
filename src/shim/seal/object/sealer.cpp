// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/object/sealer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 // Linux 5.14, glibc 2.35
#endif

namespace sealwax::shim {
namespace {

bool lies_in(const LastWrite& write, PageRange range) {
  return write.size != 0 &&
         static_cast<Range>(range).contains(Range{write.at, write.at + write.size});
}

template <typename Visit>
void for_each_moved(const SealRequest& request, Visit visit) {
  if (request.moved.has(Region::relro))
    for_each_of(request.pieces, request.regions, Region::relro, visit);
}

} // namespace

Written write_to_read_only(PageSize page, const LastWrite& write) {
  const PageRange pages = page.covering({write.at, write.at + write.size});
  Written written;
  written.opened = Kernel::protect(pages, PROT_READ | PROT_WRITE);
  if (!written.opened.ok())
    return written;
  __builtin_memcpy(reinterpret_cast<void*>(write.at), write.bytes, write.size);
  written.closed = Kernel::protect(pages, PROT_READ);
  return written;
}

/// A segment can go on behind its file's end, where reading is SIGBUS, and a loader that never does
/// so never notices. What lies before something that it has read is there, which is all of nearly
/// every RELRO.
bool Sealer::can_be_read(PageRange range, Address known) {
  const PageRange behind = range.behind(page_.covering({known, known + 1}));
  return behind.empty() || kernel_.advise(behind, MADV_POPULATE_READ).error() != EFAULT;
}

void Sealer::leave_what_cannot_be_read(SealRequest& request) {
  bool readable = true;
  for_each_moved(request,
                 [&](PageRange range) { readable &= can_be_read(range, request.dynamic); });
  if (readable)
    return;
  failures_.not_moved(EFAULT);
  request.moved = request.moved.without({Region::relro});
}

void Sealer::copy_relro(const SealRequest& request, const LastWrite& last_write, CopyArena& arena) {
  for_each_moved(request, [&](PageRange range) {
    const Address copy = arena.copy(range);
    if (lies_in(last_write, range))
      __builtin_memcpy(reinterpret_cast<void*>(copy + (last_write.at - range.begin())),
                       last_write.bytes, last_write.size);
  });
}

void Sealer::put_relro(SealRequest& request, LastWrite& last_write, CopyArena& arena) {
  bool all_moved = true;
  for_each_moved(request, [&](PageRange range) {
    Reply moved{-arena.error()};
    if (arena.usable())
      moved = arena.put(range);
    else if (arena.error() == ENOMEM)
      moved = arena.move_by_page(range);
    if (!moved.ok())
      failures_.not_moved(moved.error());
    else if (arena.usable() && lies_in(last_write, range))
      last_write.size = 0; // it came with the copy
    all_moved &= moved.ok();
  });
  if (!all_moved)
    request.moved = request.moved.without({Region::relro});
}

/// Writes what has not come with a copy. False: the page could be made writable, but not read-only
/// again, and to seal it would be to keep it so.
bool Sealer::write_in_place(const SealRequest& request, LastWrite& last_write) {
  bool read_only = true;
  for_each_of(request.pieces, request.regions, Region::relro, [&](PageRange range) {
    if (!lies_in(last_write, range))
      return;
    const Written written = write_to_read_only(page_, last_write);
    if (!written.opened.ok())
      failures_.not_kept(written.opened.error());
    read_only = written.closed.ok();
    if (!read_only)
      leave_open(range, written.closed.error());
    last_write.size = 0;
  });
  return read_only;
}

void Sealer::seal(Slice<SealRequest> batch, LastWrite last_write) {
  CopyArena arena{kernel_, page_};
  if (wants_spare_)
    arena.add_spare();
  for (SealRequest& request : batch) {
    leave_what_cannot_be_read(request);
    for_each_moved(request, [&](PageRange range) { arena.count(range); });
  }
  if (arena.reserve()) {
    for (const SealRequest& request : batch)
      copy_relro(request, last_write, arena);
    arena.protect();
    wants_spare_ = false;
    spare_page_ = arena.spare();
  }
  for (SealRequest& request : batch) {
    failures_.layouts += !request.complete;
    put_relro(request, last_write, arena);
    text_.move(request, failures_);
    RegionSet regions = request.regions;
    any_sealed_ = false;
    open_ = Range{};
    if (!write_in_place(request, last_write))
      regions = regions.without({Region::relro});
    seal_pieces(request, regions);
    request.sealed = any_sealed_;
    request.open = open_;
  }
}

void Sealer::move_kernel_code(PageRange range, int protection) {
  CopyArena arena{kernel_, page_};
  arena.count(range);
  if (!arena.reserve()) {
    failures_.not_moved(arena.error());
    return;
  }
  const Address copy = arena.copy(range);
  Reply moved = kernel_.protect_code(page_.covering({copy, copy + range.size()}), protection);
  if (moved.ok())
    moved = kernel_.move_over(copy, range);
  if (!moved.ok())
    failures_.not_moved(moved.error());
}

void Sealer::seal_pieces(const SealRequest& request, RegionSet regions) {
  for_each_run(request.pieces, regions, [this](PageRange run) { (void)seal_range(run); });
  for_each_of(request.pieces, regions, Region::gaps,
              [&](PageRange gap) { seal_gap(gap, request.moves(Region::gaps)); });
}

bool Sealer::seal_range(PageRange range) {
  const std::uint32_t failed_before = failures_.ranges;
  if (range.empty()) { // the kernel seals nothing without an error
    leave_open(range, ENOENT);
    return false;
  }
  const Reply sealed = kernel_.seal(range);
  if (sealed.error() == ENOMEM) // a hole in it, and then nothing of it is sealed
    seal_mapped(range);
  else
    count(sealed, range);
  return failures_.ranges == failed_before;
}

void Sealer::count(Reply sealed, PageRange range) {
  if (sealed.ok())
    any_sealed_ = true;
  else
    leave_open(range, sealed.error());
}

void Sealer::leave_open(PageRange range, int why) {
  failures_.not_sealed(why);
  if (open_.empty())
    open_ = range;
  open_ = {std::min(open_.begin, range.begin()), std::max(open_.end, range.end())};
}

template <typename Visit>
void Sealer::for_each_mapped(PageRange range, Visit visit) {
  Vma vma;
  for (Address at = range.begin();
       at < range.end() && maps_.find(at, Maps::Match::covering_or_next, vma); at = vma.range.end)
    if (const PageRange part = page_.covering(vma.range).intersect(range); !part.empty())
      visit(part, vma);
}

void Sealer::seal_mapped(PageRange range) {
  bool any = false;
  for_each_mapped(range, [&](PageRange part, const Vma&) {
    any = true;
    count(kernel_.seal(part), part);
  });
  if (!any) // or nobody can tell what is there
    leave_open(range, ENOMEM);
}

/// Between segments only what has no permission is the object's own: a hole that the loader left
/// can hold anybody's memory. There are no bytes to keep, so that a gap is not moved to private
/// memory, but made anew in its place.
void Sealer::seal_gap(PageRange gap, bool anew) {
  for_each_mapped(gap, [this, anew](PageRange part, const Vma& vma) {
    if (!vma.without_permission())
      return;
    if (anew && vma.file.is_file())
      if (const Reply made = Kernel::map_nothing(part); !made.ok())
        failures_.not_moved(made.error());
    count(kernel_.seal(part), part);
  });
}

} // namespace sealwax::shim
