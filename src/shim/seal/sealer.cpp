#include "shim/seal/sealer.hpp"

#include <sys/mman.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

bool lies_in(const LastWrite& write, PageRange range) {
  return write.size != 0 &&
         static_cast<Range>(range).contains(Range{write.at, write.at + write.size});
}

template <typename Visit>
void for_each_moved(const SealRequest& request, Visit visit) {
  if (request.move_relro)
    for_each_of(request.pieces, request.regions, Region::relro, visit);
}

} // namespace

Reply write_to_read_only(PageSize page, const LastWrite& write) {
  const PageRange pages = page.covering({write.at, write.at + write.size});
  if (!Kernel::protect(pages, PROT_READ | PROT_WRITE).ok())
    return Reply{0};
  __builtin_memcpy(reinterpret_cast<void*>(write.at), write.bytes, write.size);
  return Kernel::protect(pages, PROT_READ);
}

void Sealer::copy_relro(const SealRequest& request, const LastWrite& last_write,
                        RelroArena& arena) {
  for_each_moved(request, [&](PageRange range) {
    const Address copy = arena.copy(range);
    if (lies_in(last_write, range))
      __builtin_memcpy(reinterpret_cast<void*>(copy + (last_write.at - range.begin())),
                       last_write.bytes, last_write.size);
  });
}

void Sealer::put_relro(const SealRequest& request, LastWrite& last_write, RelroArena& arena) {
  for_each_moved(request, [&](PageRange range) {
    if (arena.put(range) && lies_in(last_write, range))
      last_write.size = 0; // it came with the copy
  });
}

/// Writes what has not come with a copy. False: the page could be made writable, but not read-only
/// again, and to seal it would be to keep it so.
bool Sealer::write_in_place(const SealRequest& request, LastWrite& last_write) {
  bool read_only = true;
  for_each_of(request.pieces, request.regions, Region::relro, [&](PageRange range) {
    if (!lies_in(last_write, range))
      return;
    const Reply protected_again = write_to_read_only(page_, last_write);
    read_only = protected_again.ok();
    if (!read_only)
      failures_.add_range(protected_again.error());
    last_write.size = 0;
  });
  return read_only;
}

void Sealer::seal(Slice<const SealRequest> batch, LastWrite last_write) {
  RelroArena arena{kernel_, page_};
  if (wants_spare_)
    arena.add_spare();
  for (const SealRequest& request : batch)
    for_each_moved(request, [&](PageRange range) { arena.count(range); });
  if (arena.reserve()) {
    for (const SealRequest& request : batch)
      copy_relro(request, last_write, arena);
    arena.protect();
    wants_spare_ = false;
    spare_page_ = arena.spare();
  }
  for (const SealRequest& request : batch) {
    failures_.layouts += !request.complete;
    if (arena.usable())
      put_relro(request, last_write, arena);
    RegionSet regions = request.regions;
    if (!write_in_place(request, last_write))
      regions = regions.without({Region::relro});
    seal_pieces(request, regions);
  }
}

void Sealer::seal_pieces(const SealRequest& request, RegionSet regions) {
  for_each_run(request.pieces, regions, [this](PageRange run) { seal_range(run); });
  for_each_of(request.pieces, regions, Region::gaps,
              [this](PageRange gap) { seal_mapped(gap, true); });
}

void Sealer::seal_range(PageRange range) {
  const Reply sealed = kernel_.seal(range);
  if (sealed.error() == ENOMEM) // a hole in it, and then nothing of it is sealed
    seal_mapped(range, false);
  else if (!sealed.ok())
    failures_.add_range(sealed.error());
}

/// What of `range` is mapped, mapping by mapping. Between segments only what has no permission is
/// the object's own: a hole that the loader left can hold anybody's memory.
void Sealer::seal_mapped(PageRange range, bool only_without_permission) {
  Vma vma;
  for (Address at = range.begin();
       at < range.end() && maps_.find(at, Maps::Match::covering_or_next, vma); at = vma.range.end) {
    const PageRange part = page_.covering(vma.range).intersect(range);
    if (part.empty() || (only_without_permission && !vma.without_permission()))
      continue;
    if (const Reply sealed = kernel_.seal(part); !sealed.ok())
      failures_.add_range(sealed.error());
  }
}

} // namespace sealwax::shim
