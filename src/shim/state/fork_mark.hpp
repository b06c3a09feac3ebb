// SPDX-License-Identifier: Apache-2.0
// Whether this process is the one that was started, or was forked from it.
#pragma once

#include "shim/kernel/kernel.hpp"
#include "shim/state/list_lock.hpp"

namespace sealwax::shim {

/// Tells a forked child from its parent without a system call: a page that fork clears
/// (MADV_WIPEONFORK). Where the kernel would not promise that, everybody counts as a child.
class ForkMark {
public:
  /// Marks this process, in the page at `spare` or, where that is 0, in one that it maps.
  void set(Kernel& kernel, PageSize page, Address spare);
  [[nodiscard]] bool in_forked_child() const { return page_ == nullptr || !page_->set; }

  /// What else starts anew in a child; null where the kernel promises nothing.
  [[nodiscard]] ListLock::Holder* list_holder() const {
    return page_ == nullptr ? nullptr : &page_->list_holder;
  }

private:
  struct Page {
    volatile bool set = false;
    ListLock::Holder list_holder;
  };
  Page* page_ = nullptr;
};

} // namespace sealwax::shim
