// SPDX-License-Identifier: Apache-2.0
#include "shim/state/fork_mark.hpp"

#include <sys/mman.h>

#include <new>

namespace sealwax::shim {

void ForkMark::set(Kernel& kernel, PageSize page, Address spare) {
  if (!kernel.may(Call::madvise))
    return;
  const Address at = spare != 0 ? spare : Kernel::map_pages(page.bytes(), false).address_or(0);
  if (at == 0 || !kernel.advise(page.covering({at, at + 1}), MADV_WIPEONFORK).ok())
    return;
  page_ = new (reinterpret_cast<void*>(at)) Page{true, {}};
}

} // namespace sealwax::shim
