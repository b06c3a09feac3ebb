// What the scan at start-up and the scan at a late load have in common.
#pragma once

#include "model/slice.hpp"
#include "shim/loader.hpp"
#include "shim/maps.hpp"
#include "shim/sealer.hpp"
#include "shim/state.hpp"

namespace sealwax::shim {

/// Lives for one scan. Some 14 KB: too large for the stack of a thread that only just has enough
/// for its own dlopen, so a late scan keeps it elsewhere.
class Scan {
public:
  Scan(const Frozen& rules, Maps& maps)
      : rules_(rules), maps_(maps), sealer_(state.kernel, maps, rules.page) {}

  /// What the policy says of an object.
  [[nodiscard]] Settings settings_of(const LoadedObject& object);

  /// Whether the loader is done with an object: it makes RELRO read-only, and text that it had to
  /// write to, as the last thing.
  [[nodiscard]] bool is_ready(const LoadedObject& object);

  /// Collects what is to be sealed; it is done a batch at a time, and the rest at the flush.
  void add(const LoadedObject& object, const Settings& settings);
  void flush();

  /// To be written into the first batch's RELRO before that is made read-only.
  void write_last(const LastWrite& write) { last_write_ = write; }

  [[nodiscard]] Sealer& sealer() { return sealer_; }

private:
  const Frozen& rules_;
  Maps& maps_;
  Sealer sealer_;
  LastWrite last_write_;
  FixedVector<SealRequest, 32> requests_;
};

} // namespace sealwax::shim
