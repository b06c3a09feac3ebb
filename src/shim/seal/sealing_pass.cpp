#include "shim/seal/sealing_pass.hpp"

#include "shim/seal/object_layout.hpp"

namespace sealwax::shim {
namespace {

SealRequest request_for(const ScannedObject& scanned, RegionSet regions, bool move_relro) {
  const LoadedObject& object = scanned.object;
  const ObjectLayout& layout = scanned.layout;
  return {object.key(), object.bias, object.name,    layout.all(),
          regions,      move_relro,  layout.complete};
}

/// Callers are named by text, whatever is sealed.
bool matters(const Piece& piece, RegionSet regions) {
  return piece.region == Region::text || regions.has(piece.region);
}

SealRequest request_for(const ScannedObject& scanned) {
  return request_for(scanned, scanned.settings.seal,
                     scanned.settings.relro == RelroPlace::private_memory);
}

} // namespace

Settings SealingPass::settings_of(const LoadedObject& object) {
  if (!rules_.policy.names_objects())
    return rules_.process;
  Vma vma;
  const bool found = maps_.find(object.key(), Maps::Match::covering, vma);
  return rules_.policy.object(object.name, found ? maps_.name() : std::string_view{});
}

ScannedObject SealingPass::look_at(const LoadedObject& object) {
  return look_at(object, settings_of(object));
}

ScannedObject SealingPass::look_at(const LoadedObject& object, const Settings& settings) const {
  return {object, settings, layout_of(object, rules_.page, settings.seal)};
}

bool SealingPass::is_ready(const ScannedObject& scanned) {
  const ObjectLayout& layout = scanned.layout;
  Vma vma;
  if (!layout.relro.empty())
    return maps_.find(layout.relro.begin(), Maps::Match::covering, vma) && !vma.writable;
  if (!scanned.object.dynamic().has_text_relocations())
    return true;
  for (const Piece& piece : layout.pieces)
    if (piece.region == Region::text &&
        (!maps_.find(piece.range.begin(), Maps::Match::covering, vma) || vma.writable))
      return false;
  return true;
}

void SealingPass::add(const ListLocked& locked, const ScannedObject& scanned) {
  if (requests_.full() || !pieces_.has_room_for(scanned.layout.pieces.size()))
    flush(locked);
  SealRequest request = request_for(scanned);
  const std::size_t first = pieces_.size();
  for (const Piece& piece : scanned.layout.pieces)
    if (matters(piece, request.regions))
      (void)pieces_.push(piece);
  request.pieces = {pieces_.begin() + first, pieces_.size() - first};
  (void)requests_.push(request);
}

void SealingPass::flush(const ListLocked& locked) {
  sealer_.seal({requests_.begin(), requests_.size()}, last_write_);
  for (const SealRequest& request : requests_) {
    state.known.add(locked, request.key);
    NamedRange entry;
    entry.kind = NamedRange::sealed;
    note(locked, request, entry);
  }
  requests_.clear();
  pieces_.clear();
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

void SealingPass::watch(const ListLocked& locked, const ScannedObject& scanned) {
  NamedRange entry;
  entry.kind = NamedRange::audited;
  entry.can_be_unloaded = late_;
  state.audits.store(true, std::memory_order_relaxed);
  note(locked, request_for(scanned), entry);
}

void SealingPass::name(const ListLocked& locked, const ScannedObject& scanned) {
  NamedRange entry;
  entry.can_be_unloaded = late_;
  note(locked, request_for(scanned, {}, false), entry);
}

/// Enters an object's pieces into the table.
void SealingPass::note(const ListLocked& locked, const SealRequest& request, NamedRange entry) {
  const NamedRange::Kind kind = entry.kind;
  entry.bias = request.bias;
  entry.name = request.name;
  Vma vma;
  if (late_ && !request.pieces.empty() && maps_.find(request.key, Maps::Match::covering, vma))
    entry.inode = vma.inode;
  for (const Piece& piece : request.pieces) {
    if (!matters(piece, request.regions))
      continue;
    entry.range = piece.range;
    entry.region = piece.region;
    entry.kind = request.regions.has(piece.region) ? kind : NamedRange::bystander;
    entry.anonymous_and_constant = piece.region == Region::relro && request.move_relro;
    state.ranges.add(locked, entry);
  }
}

} // namespace sealwax::shim
