#include "shim/places.hpp"

namespace sealwax::shim {

Place& Places::at(const Place::Name& name) {
  const std::uint64_t mixed = (name.caller ^ reinterpret_cast<Address>(name.hit) * 31 ^
                               reinterpret_cast<Address>(name.event.data())) *
                              0x9e3779b97f4a7c15U;
  const std::uint64_t key = mixed | 1;
  std::size_t at = mixed >> 59;
  static_assert(kMost == 32);
  for (std::size_t tries = 0; tries + 1 < kMost; ++tries, at = (at + 1) % kMost) {
    std::uint64_t seen = places_[at].key.load(std::memory_order_acquire);
    if (seen == 0 &&
        places_[at].key.compare_exchange_strong(seen, key, std::memory_order_acq_rel)) {
      places_[at].name = name;
      places_[at].described.store(true, std::memory_order_release);
      return places_[at];
    }
    if (seen == key)
      return places_[at];
  }
  return places_[at];
}

} // namespace sealwax::shim
