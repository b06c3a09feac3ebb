// SPDX-License-Identifier: Apache-2.0
// What the shim remembers between its moments in the process.
#pragma once

#include "model/policy/held_policy.hpp"
#include "model/policy/policy.hpp"
#include "shim/kernel/kernel.hpp"
#include "shim/kernel/seccomp_filter.hpp"
#include "shim/loader/coarse_clock.hpp"
#include "shim/loader/loader.hpp"
#include "shim/loader/next_definitions.hpp"
#include "shim/loader/startup_vector.hpp"
#include "shim/state/fork_mark.hpp"
#include "shim/state/habits.hpp"
#include "shim/state/held_counts.hpp"
#include "shim/state/known_objects.hpp"
#include "shim/state/late_objects.hpp"
#include "shim/state/list_lock.hpp"
#include "shim/state/range_table.hpp"
#include "shim/state/report_counters.hpp"

#include <atomic>
#include <cstddef>

namespace sealwax::shim {

/// Decided at start-up, never changed afterwards: it lies in the shim's own RELRO, is written at
/// the last moment before that is made read-only, and is sealed with it.
struct Frozen {
  HeldPolicy held;     ///< for whoever looks from outside; `sealwax_held_policy` stands for it
  bool active = false; ///< false: nothing was sealed, and late loads are left alone too
  Loader loader;       ///< this and `next_definitions` are there where nothing is active, too
  ProgramPolicy policy;
  Settings process;
  FilterState filter; ///< as inherited
  StartupVector startup;
  CoarseClock clock;
  NextDefinitions next_definitions;
  PageSize page{4096};
  /// The policy's sections that matter to this program, where they fit.
  char policy_room[512] = {};

  /// What it has to be in its place: a draft's policy lies in the draft's own room.
  [[nodiscard]] Frozen settled() const;
};

/// Loader's counters that any thread reads and a scan writes. They only grow: a reader that gets
/// one old and one new value finds a difference, and scans.
class LastScan {
public:
  [[nodiscard]] LoadCounters counters() const { return {loads_.load(), unloads_.load()}; }
  /// Whether something came since, where so many objects are loaded now. What only went can wait
  /// for the next load, which looks anyway.
  [[nodiscard]] bool is_outgrown_by(unsigned long long count) {
    const unsigned long long fewest = fewest_.load();
    if (count < fewest)
      fewest_.store(count);
    return count > fewest;
  }
  void set(const ListLocked&, const LoadCounters& counters) {
    loads_.store(counters.loads);
    unloads_.store(counters.unloads);
    fewest_.store(counters.loads - counters.unloads);
  }

private:
  std::atomic<unsigned long long> loads_ = 0;
  std::atomic<unsigned long long> unloads_ = 0;
  /// Objects, at any look since. A scan beside such a look may be overwritten by an older count,
  /// which makes for one scan more.
  std::atomic<unsigned long long> fewest_ = 0;
};

/// Changes with every load. What takes a ListLocked is written by one scan at a time; what other
/// threads read meanwhile is atomic.
// There is one, and what belongs together stands together.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct State {
  bool started = false; ///< the main thread's, before the program runs
  Kernel kernel;
  ListLock list_lock;
  KnownObjects known;
  RangeTable ranges;
  std::atomic<bool> audits = false; ///< some of `ranges` are audited
  LastScan last_scan;
  std::atomic<bool> pending = false; ///< something was left for the next scan
  LateObjects late;
  Habits habits;
  std::atomic<std::uint64_t> scans = 0; ///< so far
  std::atomic<bool> bound_told = false;
  /// Seconds: when the next late object gets old, and a scan has to see it; 0: none will.
  std::atomic<long> next_old = 0;
  /// A dlopen or dlmopen was passed on, and no scan has been made since.
  std::atomic<bool> load_asked_for = false;
  ForkMark fork_mark;
  /// A dlmopen was: there may be namespaces beside the program's.
  std::atomic<bool> other_namespaces = false;
  /// Reports not made because a filter had appeared. For a debugger: nobody can be told.
  std::atomic<std::uint32_t> left_out = 0;
  /// Where libdl, in which glibc before 2.34 had dlopen and its kin, came later than this library.
  std::atomic<Address> late_functions[kLoaderFunctions] = {};
  /// What late loads left undone, of which the first is told.
  std::atomic<std::uint32_t> undone = 0;
  ReportCounters reports;
  /// Sealed mappings of the program's own that there was no memory to note the name of: what is
  /// refused there is not reported.
  std::atomic<std::uint32_t> unnamed_mapped_code = 0;
  Kernel::File standard_error; ///< what it was at the start, where reports go there
};

// Hidden where they are declared as well, so that they can be reached before this library is
// relocated (hook_by_init_array.cpp).
[[gnu::visibility("hidden")]] extern Frozen frozen;
[[gnu::visibility("hidden")]] extern State state;

/// False where a seccomp filter came after start-up, which may kill for any call that the shim
/// makes on its own account.
[[nodiscard]] bool has_inherited_filters_only();

} // namespace sealwax::shim
