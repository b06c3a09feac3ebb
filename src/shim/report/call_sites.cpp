#include "shim/report/call_sites.hpp"

namespace sealwax::shim {

CallSite& CallSites::at(const CallSite::Name& name) {
  const std::uint64_t mixed = (name.caller ^ reinterpret_cast<Address>(name.hit) * 31 ^
                               reinterpret_cast<Address>(name.event.data())) *
                              0x9e3779b97f4a7c15U;
  const std::uint64_t key = mixed | 1;
  for (CallSite& place : places_) {
    std::uint64_t seen = 0;
    if (place.key.compare_exchange_strong(seen, key, std::memory_order_acq_rel)) {
      place.name = name;
      place.described.store(true, std::memory_order_release);
      return place;
    }
    if (seen == key)
      return place;
  }
  return places_[kMost - 1];
}

} // namespace sealwax::shim
