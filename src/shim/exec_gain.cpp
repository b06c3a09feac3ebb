#include "shim/exec_gain.hpp"

#include "shim/filter.hpp"
#include "shim/state.hpp"

extern "C" {
// glibc's and musl's pthread_atfork is made of it; weak, as all that is libc's.
[[gnu::weak]] int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(),
                                    void* object);
[[gnu::visibility("hidden")]] extern const char __ehdr_start;
}

namespace sealwax::shim {
namespace {

void in_forked_child() {
  // A filter that came after start-up may kill for prctl.
  if (FilterState::read(true) == frozen.filter)
    state.kernel.deny_exec_gain(false);
}

} // namespace

void ExecGainDenial::begin(const Settings& settings) {
  if (settings.mode != Mode::enforce || settings.exec_gain == ExecGain::allow)
    return;
  const bool inherited = settings.exec_gain == ExecGain::deny_inherit;
  state.kernel.deny_exec_gain(inherited);
  if (!inherited && __register_atfork != nullptr)
    __register_atfork(nullptr, nullptr, in_forked_child, const_cast<char*>(&__ehdr_start));
}

} // namespace sealwax::shim
