// SPDX-License-Identifier: Apache-2.0
// The token that writes to the shim's state ask for, as a scan gets it.
#pragma once

#include "shim/state/list_lock.hpp"

namespace sealwax::shim {

/// Runs `action(const ListLocked&)`. False: the lock was not to be had.
template <typename Action>
bool with_list_held(ListLock& lock, const Loader& loader, Action action) {
  Kernel kernel;
  kernel.allow(CallSet::all());
  return lock.with(kernel, loader, action);
}

/// For state that one thread has for itself.
template <typename Action>
void alone(Action action) {
  ListLock lock;
  const Loader loader;
  (void)with_list_held(lock, loader, action);
}

} // namespace sealwax::shim
