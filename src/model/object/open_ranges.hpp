// SPDX-License-Identifier: Apache-2.0
// The note by which an object says which of its data stays open under `seal = data`.
#pragma once

#include "model/range.hpp"
#include "model/slice.hpp"

#include <cstddef>
#include <elf.h>

namespace sealwax {

/// One for SEALWAX_RO_AFTER_INIT, which the object itself seals when it is done with it, one for
/// SEALWAX_MUTABLE, and as many again from somebody who writes such notes by other means.
using OpenRanges = FixedVector<Range, 4>;

/// More bytes than a segment of notes has: a bound for those who copy them from somebody else.
inline constexpr std::size_t kMostNotes = 65536;

/// Whether `header` is a PT_NOTE whose bytes the loader has mapped from the file, readable: any
/// other may point anywhere.
[[nodiscard]] bool has_loaded_notes(const Elf64_Phdr& header, Slice<const Elf64_Phdr> all);

/// Adds what the notes in `bytes` mark. `at` is their place in memory, which is what they count
/// from; `alignment` is their segment's. Every translation unit that includes sealwax/sealwax.h has
/// such a note, and all of one object say the same. Pure; no allocation; async-signal-safe.
/// Sources: gABI, chapter 5, Note Section; include/sealwax/sealwax.h for the owner and the type.
void read_open_ranges(Slice<const std::byte> bytes, Address at, std::size_t alignment,
                      OpenRanges& open);

} // namespace sealwax
