// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/start/exec_gain.hpp"

#include "shim/state/state.hpp"

#include <pthread.h>

extern "C" {
// What glibc's pthread_atfork is made of; weak, as all that is libc's.
[[gnu::weak]] int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(),
                                    void* object);
}

// musl's name for it; glibc before 2.34 has none in its shared library.
#pragma weak pthread_atfork

namespace sealwax::shim {
namespace {

constinit FilterState filter_at_start;

/// What glibc knows the handler's library by: __dso_handle, which needs no more than to be an
/// address in it.
void* own_handle() {
  return reinterpret_cast<void*>(own_object().bias);
}

/// Whether prctl is let pass: a filter that came after start-up may kill for it. Where a forked
/// child cannot read /proc (a chroot, no descriptor left, Landlock) a child of its own tries, by
/// the call that has just made it, and that it may make.
bool may_deny_here() {
  const FilterState filter = FilterState::read(true);
  return filter.known ? filter == filter_at_start
                      : probe_filter(CallSet::only(Call::prctl)).passed.has(Call::prctl);
}

void deny_again() {
  if (may_deny_here())
    (void)state.kernel.deny_exec_gain(false); // the parent has said where it cannot be
}

} // namespace

int deny_exec_gain(const Settings& settings, const FilterState& inherited) {
  if (settings.mode != Mode::enforce || settings.exec_gain == ExecGain::allow)
    return 0;
  const bool across_exec = settings.exec_gain != ExecGain::deny;
  filter_at_start = inherited;
  const Reply denied = state.kernel.deny_exec_gain(across_exec);
  if (!denied.ok() || across_exec)
    return denied.error();
  if (__register_atfork != nullptr)
    __register_atfork(nullptr, nullptr, deny_again, own_handle());
  else if (pthread_atfork != nullptr)
    pthread_atfork(nullptr, nullptr, deny_again);
  return denied.error();
}

} // namespace sealwax::shim
