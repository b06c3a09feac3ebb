// How often each place in the program has been told of.
#pragma once

#include "model/range.hpp"
#include "model/region.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax::shim {

struct NamedRange;

/// One calling place and what it hit.
struct Place {
  std::atomic<std::uint64_t> key = 0; ///< 0: free
  std::atomic<std::uint64_t> count = 0;
  std::atomic<bool> described = false; ///< the name is complete
  struct Name {
    Address caller = 0;
    const NamedRange* hit = nullptr;
    std::string_view event;
    std::string_view call;
    std::string_view mode;
  };
  Name name;
};

/// Lock-free; a place once taken is never given back. Where all are taken, what comes then shares
/// the last one: counted, and told of once.
class Places {
public:
  Place& at(const Place::Name& name);

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Place& place : places_)
      if (place.described.load(std::memory_order_acquire))
        visit(place);
  }

private:
  // Each is told of the first time, the thousandth time and at the end: fewer than a hundred lines.
  static constexpr std::size_t kMost = 32;
  Place places_[kMost] = {};
};

} // namespace sealwax::shim
