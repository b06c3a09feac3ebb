#include "shim/seal/startup_objects.hpp"

#include "shim/seal/kernel_mappings.hpp"
#include "shim/seal/object_layout.hpp"

#include <dlfcn.h>

namespace sealwax::shim {

SealFailures seal_startup_objects(const ListLocked& locked, const Frozen& draft,
                                  const StartupVector& startup, Maps& maps) {
  SealingPass scan{draft, maps, false};
  // This library is protected whatever the policy says of others.
  const LoadedObject self = own_object();
  Settings own = draft.process;
  own.seal = own.seal.with({Region::text, Region::rodata, Region::relro});
  scan.add(locked, scan.look_at(self, own));
  scan.sealer().want_spare_page();
  scan.write_last({reinterpret_cast<Address>(&frozen), &draft, sizeof draft});
  state.known.add(locked, self.key());

  draft.loader.for_each_object(maps, [&](const LoadedObject& object) {
    if (state.known.has(object.key()))
      return;
    ScannedObject scanned = scan.look_at(object);
    if (scanned.settings.mode != Mode::enforce) {
      if (scanned.settings.mode == Mode::audit)
        scan.watch(locked, scanned);
      else
        scan.name(locked, scanned);
      return;
    }
    // Everything is relocated by now. What glibc lists it has protected as well; RELRO that a
    // loader leaves writable, as musl its own, and glibc its own in a program without libc, it may
    // still write to.
    const bool surely_ready = draft.loader.is_glibc() && object.name_space == LM_ID_BASE;
    if (!surely_ready && !scan.is_ready(scanned))
      scanned.settings.seal = scanned.settings.seal.without({Region::relro});
    scan.add(locked, scanned);
  });
  scan.flush(locked);
  state.fork_mark.set(state.kernel, draft.page, scan.sealer().spare_page());
  if (draft.process.seal.has(Region::vdso)) {
    const PageRange vdso = layout_of(object_at(startup.vdso), draft.page).span;
    for (const PageRange range :
         kernel_mappings(state.kernel, maps, draft.page, vdso, startup.stack_end()))
      scan.add_range(locked, range, Region::vdso, "[vdso]");
  }
  if (draft.process.seal.has(Region::stack))
    scan.add_range(locked, stack_mapping(maps, draft.page, startup.stack), Region::stack,
                   "[stack]");
  return scan.sealer().failures();
}

} // namespace sealwax::shim
