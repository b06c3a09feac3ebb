#include "shim/seal/sealing_pass.hpp"

namespace sealwax::shim {

Settings SealingPass::settings_of(const LoadedObject& object) {
  if (!rules_.policy.names_objects())
    return rules_.process;
  Vma vma;
  const bool found = maps_.find(object.key(), Maps::Match::covering, vma);
  return rules_.policy.object(object.name, found ? maps_.name() : std::string_view{});
}

bool SealingPass::is_ready(const LoadedObject& object) {
  const ObjectLayout* const layout = sealer_.layout_of(object);
  if (layout == nullptr)
    return true; // sealing it will say so
  Vma vma;
  if (!layout->relro.empty())
    return maps_.find(layout->relro.begin(), Maps::Match::covering, vma) && !vma.writable;
  if (!object.dynamic().has_text_relocations())
    return true;
  for (const Piece& piece : layout->pieces)
    if (piece.region == Region::text &&
        (!maps_.find(piece.range.begin(), Maps::Match::covering, vma) || vma.writable))
      return false;
  return true;
}

void SealingPass::add(const ListLocked& locked, const LoadedObject& object,
                      const Settings& settings) {
  if (requests_.full())
    flush(locked);
  (void)requests_.push(
      SealRequest{object, settings.seal, settings.relro == RelroPlace::private_memory});
}

void SealingPass::flush(const ListLocked& locked) {
  sealer_.seal({requests_.begin(), requests_.size()}, last_write_);
  for (const SealRequest& request : requests_) {
    state.known.add(locked, request.object.key());
    NamedRange entry;
    entry.kind = NamedRange::sealed;
    note(locked, request.object, request.regions, request.move_relro, entry);
  }
  requests_.clear();
  last_write_.size = 0;
}

void SealingPass::add_range(const ListLocked& locked, PageRange range, Region region,
                            std::string_view name) {
  const Mode mode = rules_.process.mode;
  if (mode == Mode::off || range.empty())
    return;
  if (mode == Mode::enforce)
    sealer_.seal_range(range);
  NamedRange entry;
  entry.range = range;
  entry.bias = range.begin();
  entry.name = name;
  entry.region = region;
  entry.kind = mode == Mode::enforce ? NamedRange::sealed : NamedRange::audited;
  if (mode == Mode::audit)
    state.audits.store(true, std::memory_order_relaxed);
  state.ranges.add(locked, entry);
}

void SealingPass::watch(const ListLocked& locked, const LoadedObject& object,
                        const Settings& settings) {
  NamedRange entry;
  entry.kind = NamedRange::audited;
  entry.can_be_unloaded = late_;
  state.audits.store(true, std::memory_order_relaxed);
  note(locked, object, settings.seal, settings.relro == RelroPlace::private_memory, entry);
}

void SealingPass::name(const ListLocked& locked, const LoadedObject& object) {
  NamedRange entry;
  entry.can_be_unloaded = late_;
  note(locked, object, {}, false, entry);
}

/// Enters an object's pieces into the table. Text is there in any case: callers are named by it.
void SealingPass::note(const ListLocked& locked, const LoadedObject& object, RegionSet regions,
                       bool relro_moved, NamedRange entry) {
  const ObjectLayout* const layout = sealer_.layout_of(object, regions);
  if (layout == nullptr)
    return;
  const NamedRange::Kind kind = entry.kind;
  entry.bias = object.bias;
  entry.name = object.name;
  Vma vma;
  if (late_ && maps_.find(object.key(), Maps::Match::covering, vma))
    entry.inode = vma.inode;
  for (const Piece& piece : layout->pieces) {
    const bool wanted = regions.has(piece.region);
    if (!wanted && piece.region != Region::text)
      continue;
    entry.range = piece.range;
    entry.region = piece.region;
    entry.kind = wanted ? kind : NamedRange::bystander;
    entry.anonymous_and_constant = piece.region == Region::relro && relro_moved;
    state.ranges.add(locked, entry);
  }
}

} // namespace sealwax::shim
