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
  if (usable() && put_ < end_)
    Kernel::unmap(put_, end_ - put_);
}

Address RelroArena::copy(PageRange range) {
  const Address at = copied_;
  __builtin_memcpy(reinterpret_cast<void*>(at), reinterpret_cast<const void*>(range.begin()),
                   range.size());
  copied_ += range.size();
  return at;
}

bool RelroArena::protect() {
  return Kernel::protect(page_.covering({begin_, end_}), PROT_READ).ok();
}

bool RelroArena::put(PageRange range) {
  const Address from = put_;
  put_ += range.size();
  if (kernel_.move_over(from, range).ok())
    return true;
  Kernel::unmap(from, range.size());
  return false;
}

} // namespace sealwax::shim
