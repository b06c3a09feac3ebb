#include "shim/seal/sealer.hpp"

#include "model/maps_line.hpp"
#include "model/open_ranges.hpp"

#include <sys/mman.h>

#include <bit>
#include <cerrno>

namespace sealwax::shim {
namespace {

bool lies_in(const LastWrite& write, PageRange range) {
  return write.size != 0 &&
         static_cast<Range>(range).contains(Range{write.at, write.at + write.size});
}

/// What the object itself wants left open.
void find_open_ranges(const LoadedObject& object, OpenRanges& open) {
  for (const Elf64_Phdr& header : object.headers) {
    if (!has_loaded_notes(header, object.headers))
      continue;
    const Address at = object.bias + header.p_vaddr;
    read_open_ranges({reinterpret_cast<const std::byte*>(at), header.p_filesz}, at, header.p_align,
                     open);
  }
}

} // namespace

void write_in_place(PageSize page, const LastWrite& write) {
  const PageRange pages = page.covering({write.at, write.at + write.size});
  if (!Kernel::protect(pages, PROT_READ | PROT_WRITE).ok())
    return;
  __builtin_memcpy(reinterpret_cast<void*>(write.at), write.bytes, write.size);
  Kernel::protect(pages, PROT_READ);
}

void Sealer::fail(int error) {
  ++failures_.ranges;
  if (failures_.error == 0)
    failures_.error = error;
}

const ObjectLayout* Sealer::layout_of(const LoadedObject& object, RegionSet wanted) {
  OpenRanges open;
  if (wanted.has(Region::data))
    find_open_ranges(object, open);
  const LayoutError error =
      lay_out(object.bias, object.headers, page_, layout_, {open.begin(), open.size()});
  return error == LayoutError::none ? &layout_ : nullptr;
}

/// Leaves the request's plan in plan_.
bool Sealer::plan(const SealRequest& request) {
  if (layout_of(request.object, request.regions) == nullptr)
    return false;
  plan_object(layout_, request.regions, plan_);
  return true;
}

bool Sealer::reserve(Slice<const SealRequest> batch, RelroArena& arena) {
  for (const SealRequest& request : batch)
    if (request.move_relro && plan(request))
      for (const PageRange range : plan_.relro)
        arena.count(range);
  return arena.reserve();
}

void Sealer::copy_relro(Slice<const SealRequest> batch, const LastWrite& last_write,
                        RelroArena& arena) {
  for (const SealRequest& request : batch) {
    if (!request.move_relro || !plan(request))
      continue;
    for (const PageRange range : plan_.relro) {
      const Address copy = arena.copy(range);
      if (lies_in(last_write, range))
        __builtin_memcpy(reinterpret_cast<void*>(copy + (last_write.at - range.begin())),
                         last_write.bytes, last_write.size);
    }
  }
}

void Sealer::put_relro(RelroArena& arena, LastWrite& last_write) {
  for (const PageRange range : plan_.relro)
    if (arena.put(range) && lies_in(last_write, range))
      last_write.size = 0; // it came with the copy
}

void Sealer::seal(Slice<const SealRequest> batch, LastWrite last_write) {
  RelroArena arena{kernel_, page_};
  if (wants_spare_)
    arena.add_spare();
  if (reserve(batch, arena)) {
    copy_relro(batch, last_write, arena);
    arena.protect();
    wants_spare_ = false;
    spare_page_ = arena.spare();
  }
  for (const SealRequest& request : batch) {
    const bool planned = plan(request);
    if (!planned || !layout_.complete)
      ++failures_.layouts;
    if (!planned)
      continue;
    if (arena.usable() && request.move_relro)
      put_relro(arena, last_write);
    for (const PageRange range : plan_.relro)
      if (lies_in(last_write, range)) {
        write_in_place(page_, last_write);
        last_write.size = 0;
      }
    seal_plan();
  }
}

void Sealer::seal_plan() {
  for (const PageRange run : plan_.runs)
    seal_range(run);
  for (const PageRange gap : plan_.gaps)
    seal_mapped(gap, true);
}

void Sealer::seal_range(PageRange range) {
  const Reply sealed = kernel_.seal(range);
  if (sealed.error() == ENOMEM) // a hole in it, and then nothing of it is sealed
    seal_mapped(range, false);
  else if (!sealed.ok())
    fail(sealed.error());
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
      fail(sealed.error());
  }
}

/// Whether the page at `at` belongs to a mapping of the kernel's own. Every such mapping is made
/// with VM_DONTEXPAND (mm/mmap.c, _install_special_mapping), and on those MADV_DODUMP is refused
/// with EINVAL (mm/madvise.c); where nothing is mapped the answer is ENOMEM, and elsewhere the call
/// restores the default, which nobody has changed before the program's first instruction. One call
/// costs a tenth of what /proc/self/maps does, and needs no /proc; that is asked where a filter
/// forbids madvise.
bool Sealer::is_kernel_page(Address at) {
  Vma vma;
  if (!kernel_.may(Call::madvise))
    return maps_.find(at, Maps::Match::covering, vma) && is_kernel_mapping(maps_.name());
  return kernel_.advise(page_.covering({at, at + 1}), MADV_DODUMP).error() == EINVAL;
}

/// Where the kernel's pages below `end` begin. They are one block (arch/*/entry/vdso, map_vdso), so
/// its usual size is tried first, and else a search by halves finds the border in fewer calls than
/// a walk.
Address Sealer::kernel_block_begin(Address end) {
  constexpr std::size_t kUsual = 6; // x86-64 since Linux 6.13: four of vvar, two of vvar_vclock
  const auto reaches = [&](std::size_t pages) {
    return is_kernel_page(end - pages * page_.bytes());
  };
  std::size_t inside = 0, outside = kUsual;
  if (reaches(kUsual)) {
    inside = kUsual;
    for (outside = kUsual + 1; reaches(outside); outside *= 2)
      inside = outside;
  }
  while (outside - inside > 1) {
    const std::size_t middle = (inside + outside) / 2;
    (reaches(middle) ? inside : outside) = middle;
  }
  return end - inside * page_.bytes();
}

FixedVector<PageRange, 2> Sealer::kernel_mappings(const LoadedObject& vdso, Address stack_end) {
  FixedVector<PageRange, 2> found;
  const ObjectLayout* const layout = vdso.headers.empty() ? nullptr : layout_of(vdso);
  if (layout == nullptr)
    return found;
  // Its own headers can understate the vdso.
  Range group{kernel_block_begin(layout->span.begin()), layout->span.end()};
  while (is_kernel_page(group.end))
    group.end += page_.bytes();
  (void)found.push(page_.covering(group));
  // [uprobes] is put as high as possible (kernel/events/uprobes.c, xol_add_vma): into the last page
  // below TASK_SIZE, which is a power of two, on x86-64 less one page.
#if defined(__x86_64__)
  constexpr std::size_t kPagesBelow = 2;
#else
  constexpr std::size_t kPagesBelow = 1;
#endif
  const Address last = std::bit_ceil(stack_end) - kPagesBelow * page_.bytes();
  if (is_kernel_page(last))
    (void)found.push(page_.covering({last, last + page_.bytes()}));
  return found;
}

PageRange Sealer::stack_mapping(Address inside) {
  Vma vma;
  return inside != 0 && maps_.find(inside, Maps::Match::covering, vma) ? page_.covering(vma.range)
                                                                       : PageRange{};
}

} // namespace sealwax::shim
