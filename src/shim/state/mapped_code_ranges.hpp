// The code that a program mapped by itself and that was sealed.
#pragma once

#include "shim/kernel/maps.hpp"
#include "shim/kernel/on_demand.hpp"
#include "shim/state/range_table.hpp"

#include <atomic>
#include <string_view>

namespace sealwax::shim {

/// Beside the table of objects, which is written under the loader's lock: here any thread may add,
/// and what does not fit is sealed all the same, without a name.
class MappedCodeRanges {
public:
  void add(PageRange range, std::string_view path);
  [[nodiscard]] const NamedRange* find(Range range) const;

private:
  struct Slot {
    NamedRange entry;
    std::atomic<bool> ready = false;
  };
  static constexpr unsigned kMost = 32;
  std::atomic<unsigned> claimed_ = 0;
  Slot slots_[kMost] = {};
};

extern OnDemand<MappedCodeRanges> mapped_code_ranges;

} // namespace sealwax::shim
