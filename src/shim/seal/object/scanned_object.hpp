// SPDX-License-Identifier: Apache-2.0
// An object that a scan met, and what a policy makes of it.
#pragma once

#include "model/policy/policy.hpp"
#include "shim/loader/loader.hpp"
#include "shim/seal/seal_request.hpp"

namespace sealwax::shim {

/// Laid out once, with what the policy says of it.
struct ScannedObject {
  LoadedObject object;
  Settings settings;
  ObjectLayout layout;
  bool moves_text = false;    ///< text and rodata are to be moved to private memory
  LateObject* late = nullptr; ///< where it can be unloaded
};

/// What of an object is to lie in private memory.
[[nodiscard]] RegionSet moved_regions(const ScannedObject& scanned);

/// What the sealer is asked for. Its pieces are the layout's, all of them, and lie there.
[[nodiscard]] SealRequest request_for(const ScannedObject& scanned);
SealRequest request_for(ScannedObject&&) = delete;

/// Whether a piece is worth an entry of the table: callers are named by text, whatever is sealed.
[[nodiscard]] inline bool matters(const Piece& piece, RegionSet regions) {
  return piece.region == Region::text || regions.has(piece.region);
}

/// Notes in `late` what stays of the object once it is sealed and closed.
void foresee_remains(LateObject& late, const ScannedObject& scanned);

} // namespace sealwax::shim
