// SPDX-License-Identifier: Apache-2.0
// Who may write what the shim remembers of loaded objects.
#pragma once

#include "shim/kernel/kernel.hpp"
#include "shim/loader/loader.hpp"

#include <atomic>

namespace sealwax::shim {

/// Proof that no other scan runs, and on glibc that the loader's list stands still. Only a ListLock
/// makes one, for as long as it holds; whatever writes to the known objects, the table of ranges or
/// the counters asks for it.
class ListLocked {
public:
  ListLocked(const ListLocked&) = delete;
  ListLocked& operator=(const ListLocked&) = delete;

private:
  friend class ListLock;
  ListLocked() = default;
};

/// One scan at a time. glibc's dl_iterate_phdr holds a recursive lock that keeps other threads out,
/// so there this lock only notices a signal handler that scans inside its own thread's scan. musl's
/// keeps nobody out: there this lock does.
class ListLock {
public:
  /// What lies in a page that a fork clears, so that a child never waits for a thread that it does
  /// not have.
  struct Holder {
    std::atomic<Address> thread = 0; ///< its thread pointer, 0 for nobody
    std::atomic<std::uint32_t> waiting = 0;
  };
  void move_to(Holder& cleared_by_fork) { moved_ = &cleared_by_fork; }

  /// Runs `action(const ListLocked&)`. False: it was not run, since this very thread is in a scan
  /// already (the caller is a signal handler), or another thread's does not end. Scans nest in the
  /// action; dlopen must not be called in it.
  template <typename Action>
  [[nodiscard]] bool with(Kernel& kernel, const Loader& loader, Action action) {
    bool held = false;
    loader.with_list_still([&] {
      held = take(kernel, loader);
      if (!held)
        return;
      action(ListLocked{});
      release(kernel);
    });
    return held;
  }

private:
  [[nodiscard]] bool take(Kernel& kernel, const Loader& loader);
  void release(Kernel& kernel);
  [[nodiscard]] Holder& holder() { return moved_ == nullptr ? first_ : *moved_; }

  Holder first_;
  Holder* moved_ = nullptr;
};

} // namespace sealwax::shim
