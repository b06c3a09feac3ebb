#include "shim/seal/late/mapped_code.hpp"

#include "shim/kernel/maps.hpp"
#include "shim/state/mapped_code_ranges.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {

bool may_seal_mapped_code() {
  return frozen.active &&
         (frozen.process.mapped_code == MappedCode::seal || frozen.policy.names_objects());
}

void seal_mapped_code(PageRange range) {
  if (!has_inherited_filters_only())
    return;
  Vma vma;
  Maps maps{state.kernel};
  for (Address at = range.begin();
       at < range.end() && maps.find(at, Maps::Match::covering_or_next, vma); at = vma.range.end) {
    // A memfd is no file: it is how a JIT gets a writable and an executable view of one memory.
    if (!vma.executable || vma.file.inode == 0 || maps.name().starts_with("/memfd:"))
      continue;
    const Settings settings = frozen.policy.object(maps.name(), maps.name());
    const PageRange part = frozen.page.covering(vma.range).intersect(range);
    const bool wanted = settings.mode == Mode::enforce && settings.mapped_code == MappedCode::seal;
    if (!part.empty() && wanted && state.kernel.seal(part).ok() &&
        !mapped_code_ranges.add(part, maps.name()))
      ++state.unnamed_mapped_code;
  }
}

} // namespace sealwax::shim
