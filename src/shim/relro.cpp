#include "shim/relro.hpp"

#include <sys/mman.h>

namespace sealwax::shim {

bool RelroArena::reserve(std::size_t bytes) {
  if (bytes == 0 || !kernel_.may(Call::mremap) || !kernel_.may(Call::mseal))
    return false;
  const Reply mapped = Kernel::map_pages(bytes, true);
  if (!mapped.ok())
    return false;
  begin_ = copied_ = put_ = mapped.address();
  end_ = begin_ + bytes;
  return true;
}

RelroArena::~RelroArena() {
  if (usable())
    Kernel::unmap(begin_, end_ - begin_);
}

Address RelroArena::copy(PageRange range) {
  const Address at = copied_;
  __builtin_memcpy(reinterpret_cast<void*>(at), reinterpret_cast<const void*>(range.begin()),
                   range.size());
  copied_ += range.size();
  return at;
}

void RelroArena::protect() {
  if (!Kernel::protect(page_.covering({begin_, end_}), PROT_READ).ok()) {
    Kernel::unmap(begin_, end_ - begin_);
    begin_ = 0; // what would be put in place of RELRO could be written to
  }
}

bool RelroArena::put(PageRange range) {
  const Address from = put_;
  put_ += range.size();
  return kernel_.move_over(from, range).ok();
}

} // namespace sealwax::shim
