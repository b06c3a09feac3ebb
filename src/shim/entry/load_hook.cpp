// The moments at which the shim runs: its constructor, the load hook, and the loader's functions
// that a program calls.
#include "shim/entry/initialise.hpp"
#include "shim/kernel/errno_guard.hpp"
#include "shim/report/refusals.hpp"
#include "shim/seal/late_loads.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {
namespace {

void initialise_once() {
  if (state.started)
    return;
  state.started = true;
  initialise();
  // Where nothing is active the memory calls still have to be passed on to whom they were meant
  // for.
  if (!frozen.active) {
    state.unfrozen = Loader::find(StartupVector::read());
    state.unfrozen.find_next(Slice<const SymbolName>{kMemoryFunctionNames.of},
                             Slice<Address>{state.next_definitions.next});
  }
}

/// A loader's function, also where nothing is active, or where libdl came later than this library.
Address function_of_loader(Loader::Function function) {
  if (frozen.active)
    if (const Address found = frozen.loader.function(function); found != 0)
      return found;
  if (const Address found = state.unfrozen.function(function); found != 0)
    return found;
  state.unfrozen = Loader::find(StartupVector::read());
  return state.unfrozen.function(function);
}

} // namespace
} // namespace sealwax::shim

using namespace sealwax::shim;

extern "C" {

/// DT_INIT. With DF_1_INITFIRST it runs before every other object's.
[[gnu::visibility("hidden")]] void sealwax_start() {
  const ErrnoGuard guard;
  initialise_once();
}

/// DT_FINI.
[[gnu::visibility("hidden")]] void sealwax_end() {
  const ErrnoGuard guard;
  if (frozen.active)
    tell_counts();
}

/// Called by the _init of every object that is linked with crti.o, the loader having relocated and
/// protected its whole load group and run no constructor of it yet (glibc sysdeps/*/crti.S).
[[gnu::visibility("default")]] void __gmon_start__() {
  const ErrnoGuard guard;
  initialise_once();
  if (frozen.active)
    seal_new_load(reinterpret_cast<sealwax::Address>(__builtin_return_address(0)));
}

/// What the interposed dlopen, dlmopen and dlsym do before they jump on, and where to. `file` is
/// null for dlsym, and may be for the others.
[[gnu::visibility("hidden")]] sealwax::Address sealwax_before(unsigned number, const char* file,
                                                              sealwax::Address caller) {
  const ErrnoGuard guard;
  const auto function = static_cast<Loader::Function>(number);
  if (frozen.active && file != nullptr)
    tell_reopened(file, caller);
  // A program's dlsym takes no lock of the list; one that is called while another thread walks the
  // list and waits for this one must not either. So it looks only behind a load that was asked for.
  const bool looks = function != Loader::Function::symbol
                         ? file != nullptr // else nothing is loaded
                         : state.load_asked_for.load(std::memory_order_relaxed);
  if (frozen.active && looks && !state.fork_mark.in_forked_child())
    seal_late_objects();
  if (function != Loader::Function::symbol && file != nullptr)
    state.load_asked_for.store(true, std::memory_order_relaxed);
  if (function == Loader::Function::open_in_namespace)
    state.other_namespaces.store(true, std::memory_order_relaxed);
  return function_of_loader(function);
}

/// For sealwax_query() of sealwax/sealwax.h: whether this library has sealed what is at `address`.
/// Takes no lock and makes no system call.
[[gnu::visibility("default")]] int sealwax_shim_has_sealed(const void* address) {
  return has_sealed(reinterpret_cast<sealwax::Address>(address)) ? 1 : 0;
}

} // extern "C"
