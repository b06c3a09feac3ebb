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
struct CallSite {
  std::atomic<std::uint64_t> key = 0; ///< 0: free
  std::atomic<std::uint64_t> count = 0;
  std::atomic<std::uint64_t> told = 0; ///< the count that was told last
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

/// In the order of their first time. Lock-free; a place once taken is never given back. Where all
/// are taken, what comes then shares the last one: counted, and told of once.
class CallSites {
public:
  CallSite& at(const CallSite::Name& name);

  /// Whether a place is told of again at its thousandth time: a few are, so that with the first
  /// time and the count at the end there are no more than a hundred lines.
  [[nodiscard]] bool takes_thousandth() {
    return thousandths_.fetch_add(1, std::memory_order_relaxed) < kMostThousandths;
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const CallSite& place : places_)
      if (place.described.load(std::memory_order_acquire))
        visit(place);
  }

private:
  static constexpr std::size_t kMost = 48;
  static constexpr unsigned kMostThousandths = 100 - 2 * kMost;
  std::atomic<unsigned> thousandths_ = 0;
  CallSite places_[kMost] = {};
};

} // namespace sealwax::shim
