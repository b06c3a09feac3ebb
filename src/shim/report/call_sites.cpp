// SPDX-License-Identifier: Apache-2.0
#include "shim/report/call_sites.hpp"

namespace sealwax::shim {

CallSite& CallSites::at(const CallSite::Event& event) {
  const std::uint64_t mixed = (event.caller ^ reinterpret_cast<Address>(event.range) * 31 ^
                               reinterpret_cast<Address>(event.name.data())) *
                              0x9e3779b97f4a7c15U;
  const std::uint64_t key = mixed | 1;
  for (CallSite& site : sites_) {
    std::uint64_t seen = 0;
    if (site.key.compare_exchange_strong(seen, key, std::memory_order_acq_rel)) {
      site.event = event;
      site.described.store(true, std::memory_order_release);
      return site;
    }
    if (seen == key)
      return site;
  }
  return sites_[kMost - 1];
}

} // namespace sealwax::shim
