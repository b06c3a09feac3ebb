// SPDX-License-Identifier: Apache-2.0
#include "cli/elf/library_version.hpp"

#include "cli/elf/elf_handle.hpp"
#include "model/version.hpp"

#include <charconv>
#include <gelf.h>

namespace sealwax::cli {
namespace {

std::string_view text_in(const Elf_Data& data, std::size_t offset, std::size_t size) {
  const std::string_view text{static_cast<const char*>(data.d_buf) + offset, size};
  return text.substr(0, text.find('\0'));
}

std::optional<std::string> version_among(Elf_Data& notes) {
  GElf_Nhdr note;
  std::size_t name = 0;
  std::size_t text = 0;
  for (std::size_t at = 0; (at = gelf_getnote(&notes, at, &note, &name, &text)) > 0;)
    if (note.n_type == SEALWAX_NOTE_VERSION &&
        text_in(notes, name, note.n_namesz) == SEALWAX_NOTE_OWNER)
      return std::string{text_in(notes, text, note.n_descsz)};
  return std::nullopt;
}

unsigned take_number(std::string_view& version) {
  unsigned number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  const std::size_t dot = version.find('.');
  version.remove_prefix(dot == version.npos ? version.size() : dot + 1);
  return number;
}

} // namespace

std::optional<std::string> read_library_version(int descriptor) {
  if (elf_version(EV_CURRENT) == EV_NONE)
    return std::nullopt;
  const ElfHandle elf{elf_begin(descriptor, ELF_C_READ, nullptr)};
  std::size_t segments = 0;
  if (!elf || elf_getphdrnum(elf.get(), &segments) != 0)
    return std::nullopt;
  GElf_Phdr segment;
  for (std::size_t i = 0; i < segments; ++i) {
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr ||
        segment.p_type != PT_NOTE)
      continue;
    Elf_Data* notes =
        elf_getdata_rawchunk(elf.get(), static_cast<std::int64_t>(segment.p_offset),
                             segment.p_filesz, segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    if (notes == nullptr)
      continue;
    if (std::optional<std::string> version = version_among(*notes))
      return version;
  }
  return std::nullopt;
}

std::strong_ordering compare_versions(std::string_view left, std::string_view right) {
  while (!left.empty() || !right.empty())
    if (const auto order = take_number(left) <=> take_number(right); std::is_neq(order))
      return order;
  return std::strong_ordering::equal;
}

} // namespace sealwax::cli
