// SPDX-License-Identifier: Apache-2.0
// How often what happened at which calling place of the program.
#pragma once

#include "model/range.hpp"
#include "model/region.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax::shim {

struct NamedRange;

/// One calling place and what it ran into.
struct CallSite {
  struct Event {
    Address caller = 0;
    const NamedRange* range = nullptr; ///< the one that was called on, where that is known
    std::string_view name;             ///< of the event, as in reports
    std::string_view call;
    std::string_view mode;
  };
  std::atomic<std::uint64_t> key = 0; ///< 0: free
  std::atomic<std::uint64_t> count = 0;
  std::atomic<std::uint64_t> reported = 0; ///< the count that was reported last
  std::atomic<bool> described = false;     ///< the event is complete
  Event event;
};

/// In the order of their first time. Lock-free; a site once taken is never given back. Where all
/// are taken, what comes then shares the last one: counted, and reported once.
class CallSites {
public:
  CallSite& at(const CallSite::Event& event);

  /// Whether a site is reported again at its thousandth time: a few are, so that with the first
  /// time and the count at the end there are no more than a hundred lines.
  [[nodiscard]] bool takes_thousandth() {
    return thousandths_.fetch_add(1, std::memory_order_relaxed) < kMostThousandths;
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const CallSite& site : sites_)
      if (site.described.load(std::memory_order_acquire))
        visit(site);
  }

private:
  static constexpr std::size_t kMost = 48;
  static constexpr unsigned kMostThousandths = 100 - 2 * kMost;
  std::atomic<unsigned> thousandths_ = 0;
  CallSite sites_[kMost] = {};
};

} // namespace sealwax::shim
