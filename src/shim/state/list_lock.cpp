// SPDX-License-Identifier: Apache-2.0
#include "shim/state/list_lock.hpp"

#include "shim/kernel/arch/arch.hpp"

namespace sealwax::shim {

bool ListLock::take(Kernel& kernel, const Loader& loader) {
  // A scan takes a fraction of a millisecond. Its thread may have to wait for a processor; but one
  // that was stopped for good must not stop this one too.
  constexpr int kMostTimeouts = 20;
  constexpr long kNanoseconds = 10'000'000;
  const Address self = arch::thread_pointer();
  std::atomic<Address>& thread = holder().thread;
  Address other = 0;
  for (int timeouts = 0; !thread.compare_exchange_strong(other, self, std::memory_order_acquire);
       other = 0) {
    if (other == self)
      return false;
    if (loader.keeps_other_threads_out()) { // whoever it was, it stayed behind at a fork
      thread.store(self, std::memory_order_relaxed);
      return true;
    }
    holder().waiting.fetch_add(1);
    timeouts += kernel.wait_while_equal(thread, other, kNanoseconds) ? 0 : 1;
    holder().waiting.fetch_sub(1);
    if (timeouts == kMostTimeouts)
      return false;
  }
  return true;
}

void ListLock::release(Kernel& kernel) {
  holder().thread.store(0);
  if (holder().waiting.load() != 0)
    kernel.wake_one(holder().thread);
}

} // namespace sealwax::shim
