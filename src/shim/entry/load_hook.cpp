// SPDX-License-Identifier: Apache-2.0
// The moments at which the shim runs: its constructor, a new load, and the loader's functions that
// a program calls.
#include "shim/entry/load_hook.hpp"

#include "shim/entry/initialise.hpp"
#include "shim/entry/open_on_musl.hpp"
#include "shim/kernel/errno_guard.hpp"
#include "shim/report/call_report.hpp"
#include "shim/report/replaced_library.hpp"
#include "shim/seal/late/late_loads.hpp"
#include "shim/state/refusing_range.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {
namespace {

void initialise_once() {
  if (state.started)
    return;
  state.started = true;
  initialise();
}

/// The next definition of a function before initialise() has found those of all, or where libdl
/// came later than this library.
Address find_function(LoaderFunction function) {
  std::atomic<Address>& kept = state.late_functions[static_cast<std::size_t>(function)];
  if (const Address found = kept.load(std::memory_order_relaxed); found != 0)
    return found;
  const StartupVector startup = StartupVector::read();
  const Loader loader = Loader::find(startup);
  Address found = 0;
  if (!state.started)
    loader.find_next(startup, {&kInterposedNames.of[index_of(function)], 1}, {&found, 1});
  if (found == 0)
    found = loader.function(function);
  if (state.started)
    kept.store(found, std::memory_order_relaxed);
  return found;
}

Address function_behind(LoaderFunction function) {
  if (const Address next = frozen.next_definitions.of(function); next != 0)
    return next;
  if (const Address own = frozen.loader.function(function); own != 0)
    return own;
  return find_function(function);
}

/// A constructor can run before this library's, and look something up. Until the loader has
/// relocated all there is nothing to seal yet: its own malloc, or an IFUNC resolver, can be the
/// caller.
void initialise_if_due() {
  if (!state.started && Loader::find(StartupVector::read()).is_consistent())
    initialise_once();
}

} // namespace

void at_new_load(Address inside) {
  const ErrnoGuard guard;
  initialise_once();
  if (frozen.active)
    seal_new_load(inside);
}

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
    report_counts_at_exit();
}

/// In the place of dlopen.
[[gnu::visibility("hidden")]] void* sealwax_open_on_musl(const char* file, int flags) {
  const sealwax::Address next = function_behind(LoaderFunction::dlopen);
  return next == 0 ? nullptr : open_on_musl(reinterpret_cast<Loader::Open>(next), file, flags);
}

/// What the interposed dlopen, dlmopen and dlsym do before they jump on, and where to. `file` is
/// null for dlsym, and may be for the others.
[[gnu::visibility("hidden")]] sealwax::Address sealwax_before(unsigned number, const char* file,
                                                              sealwax::Address caller) {
  const ErrnoGuard guard;
  const auto function = static_cast<LoaderFunction>(number);
  initialise_if_due();
  if (frozen.active && file != nullptr)
    report_if_replaced(file, caller);
  // A program's dlsym takes no lock of the list; one that is called while another thread walks the
  // list and waits for this one must not either. So it looks only behind a load that was asked for,
  // and not from a handler that interrupts the loader, which lists for a moment what it has
  // unmapped.
  const bool looks =
      function != LoaderFunction::dlsym
          ? file != nullptr // else nothing is loaded
          : state.load_asked_for.load(std::memory_order_relaxed) && !frozen.loader.is_changing();
  // In a forked child the list's lock may be a thread's that stayed behind (see Loader).
  if (frozen.active && looks && !state.fork_mark.in_forked_child())
    seal_late_objects(function == LoaderFunction::dlsym ? Pinning::later : Pinning::now);
  if (function != LoaderFunction::dlsym && file != nullptr)
    state.load_asked_for.store(true, std::memory_order_relaxed);
  if (function == LoaderFunction::dlmopen)
    state.other_namespaces.store(true, std::memory_order_relaxed);
  if (function == LoaderFunction::dlopen && frozen.active && frozen.loader.is_musl() &&
      file != nullptr && *file != '\0')
    return reinterpret_cast<sealwax::Address>(sealwax_open_on_musl);
  return function_behind(function);
}

/// For sealwax_query() of sealwax/sealwax.h: whether this library has sealed what is at `address`.
/// Takes no lock and makes no system call.
[[gnu::visibility("default")]] int sealwax_shim_has_sealed(const void* address) {
  return has_sealed(reinterpret_cast<sealwax::Address>(address)) ? 1 : 0;
}

} // extern "C"
