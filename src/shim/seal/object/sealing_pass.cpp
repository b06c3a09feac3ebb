// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/object/sealing_pass.hpp"

#include "shim/seal/object/object_layout.hpp"

namespace sealwax::shim {

Settings SealingPass::settings_of(const LoadedObject& object) {
  if (!rules_.policy.names_objects())
    return rules_.process;
  Vma vma;
  const bool found = maps_.find(object.key(), Maps::Match::covering, vma);
  return rules_.policy.object(object.name, found ? maps_.name() : std::string_view{});
}

bool SealingPass::moves_text(const LoadedObject& object, const Settings& settings) {
  if (settings.text != TextPlace::automatic)
    return settings.text == TextPlace::private_memory;
  if (!object.name.empty())
    return shared_memory_.have(object.name);
  if (rules_.startup.interpreter != 0)
    return shared_memory_.have(rules_.startup.program_file());
  Vma vma; // ld.so was started by hand, and is the process's program
  return maps_.find(object.key(), Maps::Match::covering, vma) && shared_memory_.have(maps_.path());
}

ScannedObject SealingPass::look_at(const LoadedObject& object) {
  return look_at(object, settings_of(object));
}

ScannedObject SealingPass::look_at(const LoadedObject& object, const Settings& settings) {
  const bool sealed = settings.mode == Mode::enforce;
  return {object, settings, layout_of(object, rules_.page, settings.seal),
          sealed && moves_text(object, settings)};
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

/// Asked before anything is moved: what is moved is of no file any more.
std::uint64_t SealingPass::inode_of(const LoadedObject& object) {
  Vma vma;
  return late_ && maps_.find(object.key(), Maps::Match::covering, vma) ? vma.file.inode : 0;
}

void SealingPass::add(const ScannedObject& scanned) {
  if (requests_.full() || !pieces_.has_room_for(scanned.layout.pieces.size()))
    flush();
  SealRequest request = request_for(scanned);
  const std::size_t first = pieces_.size();
  for (const Piece& piece : scanned.layout.pieces)
    if (matters(piece, request.regions))
      (void)pieces_.push(piece);
  request.pieces = {pieces_.begin() + first, pieces_.size() - first};
  request.inode = inode_of(scanned.object);
  (void)requests_.push(request);
}

void SealingPass::flush() {
  sealer_.seal({requests_.begin(), requests_.size()}, last_write_);
  for (const SealRequest& request : requests_) {
    if (request.late == nullptr)
      state.known.add(locked_, request.key);
    else if (request.sealed)
      request.late->standing = LateObject::Standing::sealed;
    NamedRange entry;
    entry.kind = request.sealed ? NamedRange::sealed : NamedRange::bystander;
    note(request, entry);
  }
  requests_.clear();
  pieces_.clear();
  last_write_.size = 0;
}

void SealingPass::add_range(PageRange range, Region region, std::string_view name) {
  const Mode mode = rules_.process.mode;
  if (mode == Mode::off || (mode == Mode::audit && range.empty()))
    return;
  if (mode == Mode::enforce && !sealer_.seal_range(range))
    return;
  NamedRange entry;
  entry.range = range;
  entry.bias = range.begin();
  entry.name = name;
  entry.region = region;
  entry.kind = mode == Mode::enforce ? NamedRange::sealed : NamedRange::audited;
  if (mode == Mode::audit)
    state.audits.store(true, std::memory_order_relaxed);
  state.ranges.add(locked_, entry);
}

void SealingPass::audit(const ScannedObject& scanned) {
  NamedRange entry;
  entry.kind = NamedRange::audited;
  entry.would_stay = late_ && scanned.settings.late_loads == LateLoads::pin;
  state.audits.store(true, std::memory_order_relaxed);
  SealRequest request = request_for(scanned);
  request.inode = inode_of(scanned.object);
  note(request, entry);
}

void SealingPass::name(const ScannedObject& scanned) {
  SealRequest request = request_for(scanned);
  request.regions = {};
  request.inode = inode_of(scanned.object);
  note(request, {});
}

/// Enters an object's pieces into the table.
void SealingPass::note(const SealRequest& request, NamedRange entry) {
  const NamedRange::Kind kind = entry.kind;
  entry.bias = request.bias;
  entry.can_be_unloaded = request.late != nullptr;
  entry.name = request.name;
  entry.inode = request.inode;
  for (const Piece& piece : request.pieces) {
    if (!matters(piece, request.regions))
      continue;
    entry.range = piece.range;
    entry.region = piece.region;
    const bool open = request.open.overlaps(piece.range);
    entry.kind = request.regions.has(piece.region) && !open ? kind : NamedRange::bystander;
    entry.anonymous_and_constant = request.moves(piece.region);
    state.ranges.add(locked_, entry);
  }
}

} // namespace sealwax::shim
