// Whether this process is the one that was started, or was forked from it.
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Tells a forked child from its parent without a system call: a page that fork clears
/// (MADV_WIPEONFORK). Where the kernel would not promise that, everybody counts as a child.
class ForkMark {
public:
  /// Marks this process, in the page at `spare` or, where that is 0, in one that it maps.
  void set(Kernel& kernel, PageSize page, Address spare);
  [[nodiscard]] bool in_forked_child() const { return page_ == nullptr || !page_->set; }

private:
  struct Page {
    volatile bool set;
  };
  Page* page_ = nullptr;
};

} // namespace sealwax::shim
