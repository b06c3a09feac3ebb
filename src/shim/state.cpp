#include "shim/state.hpp"

#include <sys/mman.h>

namespace sealwax::shim {

// Not const: its bytes are written once, through the copy that replaces its page (see LastWrite).
[[gnu::section(".data.rel.ro")]] constinit Frozen frozen;
constinit State state;

namespace {

#if defined(__aarch64__)
constexpr std::size_t kMarkAlignment = 65536; // the largest page that kernels are built with
#else
constexpr std::size_t kMarkAlignment = 4096;
#endif

struct alignas(kMarkAlignment) MarkPage {
  volatile bool set;
  volatile bool child_seen;
};
constinit MarkPage mark_page{};

} // namespace

void ForkMark::set(Kernel& kernel, PageSize page) {
  const auto begin = reinterpret_cast<Address>(&mark_page);
  if (page.bytes() <= kMarkAlignment &&
      kernel.advise(page.covering({begin, begin + 1}), MADV_WIPEONFORK).ok())
    mark_page.set = true;
}

bool ForkMark::is_new_child() {
  if (mark_page.set || mark_page.child_seen)
    return false;
  mark_page.child_seen = true;
  return true;
}

bool ForkMark::in_forked_child() {
  return !mark_page.set;
}

} // namespace sealwax::shim
