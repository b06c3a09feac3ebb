// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/start/startup_objects.hpp"

#include "shim/kernel/arch/arch.hpp"
#include "shim/policy/policy_in_force.hpp"
#include "shim/seal/object/object_layout.hpp"
#include "shim/seal/start/kernel_mappings.hpp"

#include <sys/mman.h>

#include <dlfcn.h>

namespace sealwax::shim {

namespace {

/// Moved text has no name in /proc/self/maps any more, and the program's path is found by it.
void keep_program_path(Frozen& draft, Maps& maps) {
  const std::string_view path = program_path(maps, draft.startup);
  const Reply mapped = Kernel::map_pages(Maps::kLongestName, false);
  if (path.empty() || !mapped.ok())
    return;
  auto* const copy = reinterpret_cast<char*>(mapped.value());
  __builtin_memcpy(copy, path.data(), path.size());
  const PageRange pages = draft.page.covering({mapped.address(), mapped.address() + path.size()});
  if (Kernel::protect(pages, PROT_READ).ok() && state.kernel.seal(pages).ok())
    draft.startup.program_path = {copy, path.size()};
}

} // namespace

SealFailures seal_startup_objects(const ListLocked& locked, Frozen& draft, Maps& maps) {
  SealingPass scan{locked, draft, maps, false};
  // This library is protected whatever the policy says of others.
  LoadedObject self = own_object();
  self.name = draft.loader.name_of(self.bias);
  Settings own = draft.process;
  own.seal = own.seal.with({Region::text, Region::rodata, Region::relro});
  scan.add(scan.look_at(self, own));
  scan.sealer().want_spare_page();
  Frozen settled = draft.settled();
  scan.write_last({reinterpret_cast<Address>(&frozen), &settled, sizeof settled});
  state.known.add(locked, self.key());

  draft.loader.for_each_object(maps, [&](const LoadedObject& object) {
    if (state.known.has(object.key()))
      return;
    ScannedObject scanned = scan.look_at(object);
    if (scanned.moves_text && object.name.empty()) {
      keep_program_path(draft, maps);
      settled = draft.settled();
    }
    if (scanned.settings.mode != Mode::enforce) {
      if (scanned.settings.mode == Mode::audit)
        scan.audit(scanned);
      else
        scan.name(scanned);
      return;
    }
    // Everything is relocated by now. What glibc lists it has protected as well; RELRO that a
    // loader leaves writable, as musl its own, and glibc its own in a program without libc, it may
    // still write to.
    const bool surely_ready = draft.loader.is_glibc() && object.name_space == LM_ID_BASE;
    if (!surely_ready && !scan.is_ready(scanned))
      scanned.settings.seal = scanned.settings.seal.without({Region::relro});
    scan.add(scanned);
  });
  scan.flush();
  state.fork_mark.set(state.kernel, draft.page, scan.sealer().spare_page());
  if (draft.process.seal.has(Region::vdso)) {
    const LoadedObject vdso = object_at(draft.startup.vdso);
    const PageRange span = layout_of(vdso, draft.page).span;
    const auto mappings =
        kernel_mappings(state.kernel, maps, draft.page, span, draft.startup.stack_end());
    if (!mappings.empty() && draft.process.mode == Mode::enforce &&
        draft.process.text == TextPlace::private_memory)
      scan.sealer().move_kernel_code(draft.page.covering({span.begin(), mappings[0].end()}),
                                     PROT_READ | PROT_EXEC |
                                         arch::code_protection(vdso.bias, vdso.headers));
    for (const PageRange range : mappings)
      scan.add_range(range, Region::vdso, "[vdso]");
  }
  if (draft.process.seal.has(Region::stack))
    scan.add_range(stack_mapping(maps, draft.page, draft.startup.stack), Region::stack, "[stack]");
  return scan.sealer().failures();
}

} // namespace sealwax::shim
