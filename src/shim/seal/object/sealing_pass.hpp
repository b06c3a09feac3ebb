// SPDX-License-Identifier: Apache-2.0
// What the scan at start-up and the scan at a late load have in common.
#pragma once

#include "model/slice.hpp"
#include "shim/kernel/maps.hpp"
#include "shim/loader/loader.hpp"
#include "shim/seal/move/shared_memory_files.hpp"
#include "shim/seal/object/scanned_object.hpp"
#include "shim/seal/object/sealer.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {

/// Lives for one scan. Some 5 KB: too large for the stack of a thread that only just has enough
/// for its own dlopen, so a late scan keeps it elsewhere.
class SealingPass {
public:
  /// `late`: the objects were loaded while the program ran.
  SealingPass(const ListLocked& locked, const Frozen& rules, Maps& maps, bool late)
      : locked_(locked), rules_(rules), maps_(maps), late_(late),
        // At start-up that is denied behind the scan.
        sealer_(state.kernel, maps, rules.page,
                !late || rules.process.exec_gain == ExecGain::allow),
        shared_memory_(state.kernel) {}

  [[nodiscard]] ScannedObject look_at(const LoadedObject& object);
  /// By settings of its own, whatever the policy says.
  [[nodiscard]] ScannedObject look_at(const LoadedObject& object, const Settings& settings);

  /// Whether the loader is done with an object: it makes RELRO read-only, and text that it had to
  /// write to, as the last thing.
  [[nodiscard]] bool is_ready(const ScannedObject& scanned);

  /// Collects what is to be sealed; it is done a batch at a time, and the rest at the flush.
  void add(const ScannedObject& scanned);
  void flush();

  /// Notes what `mode = audit` would have sealed.
  void audit(const ScannedObject& scanned);

  /// Notes an object that is left alone, so that it can be named as a caller.
  void name(const ScannedObject& scanned);

  /// Seals or notes at once a range that is no object's, by what the policy says of the process.
  void add_range(PageRange range, Region region, std::string_view name);

  /// To be written into the first batch's RELRO before that is made read-only.
  void write_last(const LastWrite& write) { last_write_ = write; }

  [[nodiscard]] Sealer& sealer() { return sealer_; }

private:
  [[nodiscard]] std::uint64_t inode_of(const LoadedObject& object);
  [[nodiscard]] bool moves_text(const LoadedObject& object, const Settings& settings);
  [[nodiscard]] Settings settings_of(const LoadedObject& object);
  void note(const SealRequest& request, NamedRange entry);

  const ListLocked& locked_;
  const Frozen& rules_;
  Maps& maps_;
  bool late_;
  Sealer sealer_;
  SharedMemoryFiles shared_memory_;
  LastWrite last_write_;
  FixedVector<SealRequest, 32> requests_;
  FixedVector<Piece, 144> pieces_; ///< of the requests
};

} // namespace sealwax::shim
