// SPDX-License-Identifier: Apache-2.0
#include "model/object/open_ranges.hpp"

#include <cstdint>
#include <cstring>

namespace sealwax {
namespace {

constexpr char kOwner[] = "Sealwax"; // its terminating zero counts (gABI)
constexpr std::uint32_t kOpenRangesType = 1;

bool is_known(Range range, const OpenRanges& open) {
  for (const Range& known : open)
    if (known == range)
      return true;
  return false;
}

/// The description is pairs of distances, each from its own place: begin, end, begin, end ...
void read_description(Slice<const std::byte> words, Address at, OpenRanges& open) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (std::size_t offset = 0; words.size() - offset >= 2 * kWord; offset += 2 * kWord) {
    std::uint64_t distance[2];
    std::memcpy(distance, words.data() + offset, sizeof distance);
    // Wraps by design: what is marked lies on either side of the note.
    const Range range{at + offset + distance[0], at + offset + kWord + distance[1]};
    if (!range.empty() && !is_known(range, open) && !open.push(range))
      return;
  }
}

} // namespace

bool has_loaded_notes(const Elf64_Phdr& header, Slice<const Elf64_Phdr> all) {
  if (header.p_type != PT_NOTE)
    return false;
  for (const Elf64_Phdr& segment : all) {
    const std::uint64_t offset = header.p_vaddr - segment.p_vaddr;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_R) != 0 &&
        header.p_vaddr >= segment.p_vaddr && offset <= segment.p_filesz &&
        header.p_filesz <= segment.p_filesz - offset)
      return true;
  }
  return false;
}

void read_open_ranges(Slice<const std::byte> bytes, Address at, std::size_t alignment,
                      OpenRanges& open) {
  // Names and descriptions are padded to four bytes, in segments of alignment eight to that
  // (Linux gABI extension, as .note.gnu.property has it).
  const std::size_t unit = alignment == 8 ? 8 : 4;
  const auto padded = [unit](std::size_t size) { return (size + unit - 1) & ~(unit - 1); };
  std::size_t offset = 0;
  while (bytes.size() - offset >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, bytes.data() + offset, sizeof note);
    const std::size_t name = offset + sizeof note;
    // Sizes are of 32 bits, so no sum below overflows.
    const std::size_t description = offset + padded(sizeof note + note.n_namesz);
    const std::size_t end = description + note.n_descsz;
    if (end > bytes.size())
      return;
    if (note.n_type == kOpenRangesType && note.n_namesz == sizeof kOwner &&
        std::memcmp(bytes.data() + name, kOwner, sizeof kOwner) == 0)
      read_description({bytes.data() + description, note.n_descsz}, at + description, open);
    offset = offset + padded(end - offset);
    if (offset > bytes.size())
      return;
  }
}

} // namespace sealwax
