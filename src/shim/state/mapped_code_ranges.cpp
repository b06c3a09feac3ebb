#include "shim/state/mapped_code_ranges.hpp"

namespace sealwax::shim {

constinit OnDemand<MappedCodeRanges> mapped_code_ranges;

void MappedCodeRanges::add(PageRange range, std::string_view path) {
  const Reply copied = Kernel::map_pages(Maps::kLongestName, false);
  const unsigned index = claimed_.fetch_add(1, std::memory_order_relaxed);
  if (!copied.ok() || index >= kMost)
    return;
  __builtin_memcpy(reinterpret_cast<void*>(copied.value()), path.data(), path.size());
  NamedRange& entry = slots_[index].entry;
  entry.range = range;
  entry.bias = range.begin();
  entry.name = {reinterpret_cast<const char*>(copied.value()), path.size()};
  entry.region = Region::text;
  entry.kind = NamedRange::sealed;
  slots_[index].ready.store(true, std::memory_order_release);
}

const NamedRange* MappedCodeRanges::find(Range range) const {
  for (const Slot& slot : slots_)
    if (slot.ready.load(std::memory_order_acquire) && slot.entry.range.overlaps(range))
      return &slot.entry;
  return nullptr;
}

} // namespace sealwax::shim
