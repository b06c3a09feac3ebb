// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/late/late_loads.hpp"

#include "shim/kernel/held_signals.hpp"
#include "shim/kernel/message.hpp"
#include "shim/kernel/on_demand.hpp"
#include "shim/policy/policy_in_force.hpp"
#include "shim/report/send_report.hpp"
#include "shim/seal/late/late_scan.hpp"
#include "shim/seal/object/incomplete.hpp"

#include <cerrno>
#include <new>

namespace sealwax::shim {
namespace {

/// A filter that appeared after start-up may kill for any call; only openat, read and close are
/// known to pass, since the loader has just made them. No /proc: nobody knows.
bool filter_is_the_inherited_one() {
  const FilterState now = FilterState::read(false);
  return now.known && (now.count == 0 || now == frozen.filter);
}

bool something_gets_old() {
  const long then = state.next_old.load(std::memory_order_relaxed);
  return then != 0 && frozen.clock.seconds().value_or(0) >= then;
}

bool may_seal_or_audit() {
  return state.kernel.may(Call::mseal) || state.audits.load(std::memory_order_relaxed);
}

bool something_came() {
  const bool elsewhere = state.other_namespaces.load(std::memory_order_relaxed) ||
                         frozen.loader.has_other_namespaces();
  if (!elsewhere)
    if (const auto count = frozen.loader.object_count())
      return state.last_scan.is_outgrown_by(*count);
  return frozen.loader.counters() != state.last_scan.counters();
}

/// Where a scan works, one at a time, under the list lock.
struct Workplace {
  alignas(LateScan) std::byte bytes[sizeof(LateScan)];
};
constinit OnDemand<Workplace> workplace;

/// In pages of its own, as long as a policy can want something pinned.
class PinPages {
public:
  explicit PinPages(Pinning pinning) {
    if (pinning == Pinning::later ||
        (frozen.process.late_loads != LateLoads::pin && !frozen.policy.names_objects()))
      return;
    const Reply mapped = Kernel::map_pages(sizeof(PinList), false);
    if (mapped.ok())
      list_ = new (reinterpret_cast<void*>(mapped.address())) PinList;
  }
  ~PinPages() {
    if (list_ != nullptr) // Where they stay, they stay.
      Kernel::unmap(reinterpret_cast<Address>(list_), sizeof(PinList));
  }
  PinPages(const PinPages&) = delete;
  PinPages& operator=(const PinPages&) = delete;
  [[nodiscard]] PinList* list() const { return list_; }
  /// Pins what was asked for. False: there was nothing.
  [[nodiscard]] bool pin() const { return list_ != nullptr && list_->pin(frozen.loader); }

private:
  PinList* list_ = nullptr;
};

void tell_of_bound() {
  if (state.bound_told.exchange(true))
    return;
  Message message;
  message << "libraries that can be closed stay open from now on: " << held_counts.buried.load()
          << " closed ones have left as much behind as they may; 'dlopen = pin' seals all";
  Report report;
  report.event = "incomplete";
  report.message = message.text();
  Maps maps{state.kernel};
  report.exe = program_path(maps, frozen.startup);
  send_report(state.kernel, frozen.process, report);
}

void tell(const SealFailures& failures) {
  if (!failures.any())
    return;
  Maps maps{state.kernel};
  tell_incomplete(maps, failures);
}

/// Another thread's loads go on meanwhile; what is left over is found at the next load.
constexpr int kMostTurns = 1000;

/// The loader's lock that a scan takes is no handler's to wait for: one that looks a symbol up
/// waits for the loader's other lock, whose holder can be waiting for this one.
void scan(Address init, Pinning pinning) {
  const HeldSignals held_signals{state.kernel};
  Workplace* const place = workplace.get();
  if (place == nullptr) {
    state.pending.store(true);
    SealFailures failures;
    failures.not_looked_at(ENOMEM);
    tell(failures);
    return;
  }
  const PinPages pins{pinning};
  ScanOrder order{init, 0, pins.list()};
  ScanOutcome outcome;
  bool again = true;
  bool beyond = false;
  for (int turn = 0; again && turn < kMostTurns; ++turn) {
    const bool held =
        state.list_lock.with(state.kernel, frozen.loader, [&](const ListLocked& lock) {
          auto* const scan = new (place->bytes) LateScan{lock, order};
          outcome = scan->run();
          scan->~LateScan();
        });
    if (!held)
      break;
    beyond |= outcome.beyond;
    tell(outcome.failures);
    order.init = 0;
    const bool pinned = pins.pin();
    order.first_group = pinned ? 0 : order.first_group + outcome.undecided;
    again = pinned || outcome.more;
  }
  if (again)
    state.pending.store(true);
  if (beyond)
    tell_of_bound();
}

void scan_if_allowed(Address init, Pinning pinning) {
  if (filter_is_the_inherited_one()) {
    scan(init, pinning);
    return;
  }
  held_counts.scans_left_out.fetch_add(1, std::memory_order_relaxed);
  state.load_asked_for.store(false, std::memory_order_relaxed);
}

} // namespace

void seal_late_objects(Pinning pinning) {
  if (may_seal_or_audit() && (state.pending.load() || something_gets_old() || something_came()))
    scan_if_allowed(0, pinning);
  else
    state.load_asked_for.store(false, std::memory_order_relaxed);
}

void seal_new_load(Address init) {
  const bool changed = state.pending.load() || something_gets_old() ||
                       frozen.loader.counters() != state.last_scan.counters();
  if (may_seal_or_audit() && changed)
    scan_if_allowed(init, Pinning::now);
}

} // namespace sealwax::shim
