// What the shim remembers between its moments in the process.
#pragma once

#include "model/policy.hpp"
#include "shim/kernel/kernel.hpp"
#include "shim/kernel/seccomp_filter.hpp"
#include "shim/loader/loader.hpp"
#include "shim/loader/next_definitions.hpp"
#include "shim/loader/startup_vector.hpp"
#include "shim/state/fork_mark.hpp"
#include "shim/state/known_objects.hpp"
#include "shim/state/range_table.hpp"
#include "shim/state/report_counters.hpp"

#include <atomic>
#include <cstddef>

namespace sealwax::shim {

/// Decided at start-up, never changed afterwards: it lies in the shim's own RELRO, is written at
/// the last moment before that is made read-only, and is sealed with it.
struct Frozen {
  bool active = false; ///< false: nothing was sealed, and late loads are left alone too
  Loader loader;
  ProgramPolicy policy;
  Settings process;
  FilterState filter; ///< as inherited
  StartupVector startup;
  NextDefinitions next_definitions;
  PageSize page{4096};
};

/// Changes with every load. Touched under the loader's list lock, or in the main thread before the
/// program runs.
struct State {
  bool started = false;
  Kernel kernel;
  KnownObjects known;
  RangeTable ranges;
  bool audits = false;  ///< some of `ranges` are audited
  LoadCounters seen;    ///< at the last scan that left nothing to do
  bool pending = false; ///< objects were found that were not ready
  /// A dlopen or dlmopen was passed on, and no scan has been made since.
  std::atomic<bool> load_asked_for = false;
  ForkMark fork_mark;
  /// Scans not made because a filter had appeared. For a debugger: nobody can be told.
  std::atomic<std::uint32_t> left_out = 0;
  ReportCounters reports;
  /// Sealed mappings of the program's own that there was no memory to note the name of: what is
  /// refused there is not reported.
  std::atomic<std::uint32_t> unnamed_mapped_code = 0;
  Kernel::FileIdentity standard_error; ///< what it was at the start, where reports go there
  Loader unfrozen;                     ///< for dlopen and dlsym to jump on where nothing is active
  NextDefinitions next_definitions;    ///< likewise for the memory calls
};

extern Frozen frozen;
extern State state;

/// False where a seccomp filter came after start-up, which may kill for any call that the shim
/// makes on its own account.
[[nodiscard]] bool has_inherited_filters_only();

} // namespace sealwax::shim
