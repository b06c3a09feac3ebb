// SPDX-License-Identifier: Apache-2.0
// One look at what is loaded, while the program runs.
#pragma once

#include "shim/loader/load_groups.hpp"
#include "shim/seal/late/late_groups.hpp"
#include "shim/seal/object/sealing_pass.hpp"

namespace sealwax::shim {

/// What a scan is to do.
struct ScanOrder {
  Address init = 0; ///< lies in an object that has just been loaded; 0: none is known to
  std::size_t first_group = 0;
  PinList* pins = nullptr; ///< null where nothing can be pinned now
};

struct ScanOutcome {
  bool more = false;         ///< there are groups behind those that it had room for
  bool unready = false;      ///< something has to be looked at again at the next look
  bool unpinned = false;     ///< something waits for the next load, which can pin it
  bool beyond = false;       ///< something stays open because too much was left behind
  std::size_t undecided = 0; ///< groups
  SealFailures failures;
};

/// Lives for one scan, under the list lock. Some 15 KB: too large for the stack of a thread that
/// only just has enough for its own dlopen.
///
/// What is new comes in load groups, and a group is decided about once all of it is relocated: the
/// loader lists objects before that, and takes them away again where it fails. An object that can
/// be unloaded gets a record; the scan that does not meet it any more buries it.
class LateScan {
public:
  LateScan(const ListLocked& locked, const ScanOrder& order);
  [[nodiscard]] ScanOutcome run();

private:
  template <typename Visit>
  void for_each_new(Visit visit);
  void forget_reloaded();
  void meet_all();
  void meet(const LoadedObject& object, LateObject& late);
  void bury_missed();
  void bury(LateObject& gone);
  void decide_all();
  void decide(const LoadedObject& object, std::size_t group);
  void ask_for_pin(const LoadedObject& root, std::size_t group);
  void keep(ScannedObject& scanned);
  void record(ScannedObject& scanned, std::size_t group, bool closable);
  void seal(ScannedObject& scanned, LateObject& late);
  [[nodiscard]] bool beyond_bound(const LateObject& late);
  [[nodiscard]] Wish wish_for(const ScannedObject& scanned);
  void await_old_age(const LateObject& late);
  void postpone();
  void publish() const;

  const ListLocked& locked_;
  const ScanOrder& order_;
  ScanOutcome outcome_;
  LoadCounters counters_;
  bool no_memory_ = false; ///< some library is left for the next load
  std::uint64_t number_;
  long now_;
  long next_old_ = 0;
  char path_[Maps::kLongestName];
  Maps maps_;
  SealingPass pass_;
  LoadGroupFinder finder_;
  LateGroups groups_;
};

} // namespace sealwax::shim
