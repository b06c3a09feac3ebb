// The moments at which the shim runs: its constructor, the load hook, and the loader's functions
// that a program calls.
#include "shim/policy_source.hpp"
#include "shim/scan.hpp"
#include "shim/state.hpp"

extern "C" {
[[gnu::weak]] int* __errno_location();
}

namespace sealwax::shim {
namespace {

/// What a program sees of errno is what its own calls made it.
class ErrnoGuard {
public:
  ErrnoGuard() {
    if (__errno_location != nullptr)
      saved_ = *__errno_location();
  }
  ~ErrnoGuard() {
    if (__errno_location != nullptr)
      *__errno_location() = saved_;
  }
  ErrnoGuard(const ErrnoGuard&) = delete;
  ErrnoGuard& operator=(const ErrnoGuard&) = delete;

private:
  int saved_ = 0;
};

/// Which calls may be made under the filter that this process inherited.
CallSet permitted(const FilterState& filter, InheritedFilter rule) {
  if (filter.known && filter.count == 0)
    return CallSet::all();
  switch (rule) {
  case InheritedFilter::trust:
    return CallSet::all();
  case InheritedFilter::skip:
    return filter.known ? CallSet::none() : CallSet::all();
  case InheritedFilter::probe:
    break;
  }
  return probe_filter();
}

void start() {
  state.started = true;
  const Startup startup = Startup::read();
  Frozen draft;
  draft.page = startup.page;
  draft.filter = FilterState::read();
  const bool free = draft.filter.known && draft.filter.count == 0;
  // Under AT_SECURE the policy's owner has to be looked at, by a call that a filter may forbid.
  if (free || startup.secure)
    state.kernel.allow(permitted(draft.filter, InheritedFilter::probe));

  Maps maps{state.kernel};
  const LoadedPolicy loaded = load_policy(state.kernel, maps, startup);
  draft.policy = loaded.policy;
  draft.process = loaded.policy.process();
  if (!free && !startup.secure)
    state.kernel.allow(permitted(draft.filter, draft.process.seccomp));
  draft.loader = Loader::find(startup);
  draft.active = true;
  if (draft.process.mode == Mode::off && !draft.policy.names_objects())
    return;
  state.kernel.seal(loaded.storage);
  if (!state.kernel.may(Call::mseal))
    return;
  ForkMark::set(state.kernel, draft.page);
  state.seen = draft.loader.counters();
  const SealFailures failures = seal_startup_objects(draft, startup, maps);
  (void)failures;
}

/// The loader's functions where nothing is active, or where libdl came later than this library.
const Loader& loader() {
  if (frozen.active && frozen.loader.function(Loader::Function::symbol) != 0)
    return frozen.loader;
  if (state.unfrozen.function(Loader::Function::symbol) == 0)
    state.unfrozen = Loader::find(Startup::read());
  return state.unfrozen;
}

} // namespace
} // namespace sealwax::shim

using namespace sealwax::shim;

extern "C" {

/// DT_INIT. With DF_1_INITFIRST it runs before every other object's.
[[gnu::visibility("hidden")]] void sealwax_start() {
  const ErrnoGuard guard;
  if (!state.started)
    start();
}

/// Called by the _init of every object that is linked with crti.o, the loader having relocated and
/// protected its whole load group and run no constructor of it yet (glibc sysdeps/*/crti.S).
[[gnu::visibility("default")]] void __gmon_start__() {
  const ErrnoGuard guard;
  if (!state.started)
    start();
  else if (frozen.active)
    seal_late_objects();
}

/// What the interposed dlopen, dlmopen and dlsym do before they jump on, and where to.
[[gnu::visibility("hidden")]] sealwax::Address sealwax_before(unsigned function) {
  const ErrnoGuard guard;
  if (frozen.active && !ForkMark::in_forked_child())
    seal_late_objects();
  return loader().function(static_cast<Loader::Function>(function));
}

} // extern "C"
