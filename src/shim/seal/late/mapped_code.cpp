// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/late/mapped_code.hpp"

#include "shim/kernel/maps.hpp"
#include "shim/seal/object/incomplete.hpp"
#include "shim/state/mapped_code_ranges.hpp"
#include "shim/state/state.hpp"

#include <cerrno>

namespace sealwax::shim {

bool may_seal_mapped_code() {
  return frozen.active &&
         (frozen.process.mapped_code == MappedCode::seal || frozen.policy.names_objects());
}

void seal_mapped_code(PageRange range) {
  if (!state.kernel.may(Call::mseal))
    return;
  if (!has_inherited_filters_only()) {
    held_counts.scans_left_out.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  SealFailures failures;
  Vma vma;
  Maps maps{state.kernel};
  Address at = range.begin();
  for (; at < range.end() && maps.find(at, Maps::Match::covering_or_next, vma);
       at = vma.range.end) {
    // A memfd is no file: it is how a JIT gets a writable and an executable view of one memory.
    if (!vma.executable || vma.file.inode == 0 || maps.name().starts_with("/memfd:"))
      continue;
    const Settings settings = frozen.policy.object(maps.name(), maps.name());
    const PageRange part = frozen.page.covering(vma.range).intersect(range);
    const bool wanted = settings.mode == Mode::enforce && settings.mapped_code == MappedCode::seal;
    if (part.empty() || !wanted)
      continue;
    if (const Reply sealed = state.kernel.seal(part); !sealed.ok())
      failures.not_sealed(sealed.error());
    else if (!mapped_code_ranges.add(part, maps.name()))
      ++state.unnamed_mapped_code;
  }
  if (at == range.begin()) // nobody can tell what is there
    failures.not_sealed(ENOENT);
  tell_incomplete(maps, failures);
}

} // namespace sealwax::shim
