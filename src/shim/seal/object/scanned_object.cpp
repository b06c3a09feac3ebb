// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/object/scanned_object.hpp"

#include "shim/kernel/arch/arch.hpp"

namespace sealwax::shim {
namespace {

/// Whether text and rodata in memory are what the file has: what the loader relocates there, and
/// what of the last page it clears, is not.
bool text_is_the_files(const LoadedObject& object) {
  for (const Elf64_Phdr& header : object.headers)
    if (header.p_type == PT_LOAD && (header.p_flags & PF_W) == 0 &&
        header.p_memsz != header.p_filesz)
      return false;
  return !object.dynamic().has_text_relocations();
}

} // namespace

RegionSet moved_regions(const ScannedObject& scanned) {
  RegionSet moved;
  if (scanned.settings.relro == RelroPlace::private_memory)
    moved = moved.with({Region::relro});
  if (scanned.moves_text)
    moved = moved.with({Region::text, Region::rodata, Region::gaps});
  return moved;
}

SealRequest request_for(const ScannedObject& scanned) {
  const LoadedObject& object = scanned.object;
  SealRequest request;
  request.key = object.key();
  request.bias = object.bias;
  request.dynamic = scanned.layout.dynamic.begin;
  request.name = object.name;
  request.pieces = scanned.layout.all();
  request.regions = scanned.settings.seal;
  request.moved = moved_regions(scanned);
  if (scanned.moves_text) {
    request.text_is_the_files = text_is_the_files(object);
    request.code_protection = arch::code_protection(object.bias, object.headers);
  }
  request.late = scanned.late;
  request.complete = scanned.layout.complete;
  return request;
}

void foresee_remains(LateObject& late, const ScannedObject& scanned) {
  const RegionSet sealed = scanned.settings.seal;
  const RegionSet moved = moved_regions(scanned).without({Region::gaps}); // these have no bytes
  for (const Piece& piece : scanned.layout.pieces) {
    if (sealed.has(piece.region)) {
      late.mappings += 1;
      late.kept_bytes += piece.range.size();
      if (moved.has(piece.region))
        late.private_bytes += piece.range.size();
    } else if (piece.region != Region::gaps && late.rests < LateObject::kMostRests) {
      late.rest[late.rests++] = piece.range;
    }
  }
}

} // namespace sealwax::shim
