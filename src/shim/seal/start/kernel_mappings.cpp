// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/start/kernel_mappings.hpp"

#include "model/mapping/maps_line.hpp"
#include "shim/kernel/arch/arch.hpp"

#include <sys/mman.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

class KernelPages {
public:
  KernelPages(Kernel& kernel, Maps& maps, PageSize page)
      : kernel_(kernel), maps_(maps), page_(page) {}

  /// Whether the page at `at` belongs to a mapping of the kernel's own. Every such mapping is made
  /// with VM_DONTEXPAND (mm/mmap.c, _install_special_mapping), and on those MADV_DODUMP is refused
  /// with EINVAL (mm/madvise.c); where nothing is mapped the answer is ENOMEM, and elsewhere the
  /// call restores the default, which nobody has changed before the program's first instruction.
  /// One call costs a tenth of what /proc/self/maps does, and needs no /proc; that is asked where a
  /// filter forbids madvise.
  [[nodiscard]] bool has(Address at) {
    if (asks_by_advice()) {
      const Reply advised = kernel_.advise(page_.covering({at, at + 1}), MADV_DODUMP);
      advice_tells_ = advised.ok() || advised.error() == EINVAL || advised.error() == ENOMEM;
      if (advice_tells_)
        return advised.error() == EINVAL;
    }
    Vma vma;
    return maps_.find(at, Maps::Match::covering, vma) && is_kernel_mapping(maps_.name());
  }

  /// Where the kernel's pages below `end` begin. They are one block (arch/*/entry/vdso, map_vdso),
  /// so its usual size is tried first, and else a search by halves finds the border in fewer calls
  /// than a walk.
  [[nodiscard]] Address block_begin(Address end) {
    constexpr std::size_t kUsual = arch::kUsualPagesBelowVdso;
    const auto reaches = [&](std::size_t pages) { return has(end - pages * page_.bytes()); };
    std::size_t inside = 0, outside = kUsual;
    if (reaches(kUsual)) {
      inside = kUsual;
      for (outside = kUsual + 1; outside < kMost && reaches(outside); outside *= 2)
        inside = outside;
    }
    if (advice_tells_ && outside >= kMost) {
      advice_tells_ = false;
      return block_begin(end);
    }
    while (outside - inside > 1) {
      const std::size_t middle = (inside + outside) / 2;
      (reaches(middle) ? inside : outside) = middle;
    }
    return end - inside * page_.bytes();
  }

  /// Where they end that begin before `begin`.
  [[nodiscard]] Address block_end(Address begin) {
    Address end = begin;
    while (end - begin < kMost * page_.bytes() && has(end))
      end += page_.bytes();
    return end;
  }

  /// Whether nobody can tell, where even what is the kernel's for sure is said not to be.
  [[nodiscard]] bool are_unknown(Address kernels) { return !asks_by_advice() && !has(kernels); }

private:
  /// Far more than there have ever been. A filter may answer EINVAL to every madvise.
  static constexpr std::size_t kMost = 64;

  [[nodiscard]] bool asks_by_advice() const { return advice_tells_ && kernel_.may(Call::madvise); }

  Kernel& kernel_;
  Maps& maps_;
  PageSize page_;
  bool advice_tells_ = true;
};

} // namespace

FixedVector<PageRange, 2> kernel_mappings(Kernel& kernel, Maps& maps, PageSize page, PageRange vdso,
                                          Address stack_end) {
  FixedVector<PageRange, 2> found;
  if (vdso.empty())
    return found;
  KernelPages pages{kernel, maps, page};
  // Its own headers can understate the vdso.
  const Address begin = pages.block_begin(vdso.begin());
  (void)found.push(page.covering({begin, pages.block_end(vdso.end())}));
  if (pages.are_unknown(vdso.begin()))
    (void)found.push(PageRange{});
  // [uprobes] is put as high as possible (kernel/events/uprobes.c, xol_add_vma): into the last page
  // below TASK_SIZE, which without randomisation is the stack's.
  const Address task_end = arch::task_end(stack_end, page);
  if (const Address last = task_end - page.bytes(); last > stack_end && pages.has(last))
    (void)found.push(page.covering({last, task_end}));
  return found;
}

PageRange stack_mapping(Maps& maps, PageSize page, Address inside) {
  Vma vma;
  return inside != 0 && maps.find(inside, Maps::Match::covering, vma) ? page.covering(vma.range)
                                                                      : PageRange{};
}

} // namespace sealwax::shim
