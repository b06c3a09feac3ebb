// SPDX-License-Identifier: Apache-2.0
#include "start/elf_headers.hpp"

#include "outside/arch/arch.hpp"

#include <bit>
#include <cstring>
#include <string_view>

namespace sealwax::start {
namespace {

constexpr unsigned char kOrder =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

} // namespace

bool ElfHeaders::read(const outside::File& file) {
  const long size = file.open() ? file.read(bytes_, sizeof bytes_) : -1;
  if (size < static_cast<long>(sizeof(Elf64_Ehdr)))
    return false;
  size_ = static_cast<std::size_t>(size);
  const Elf64_Ehdr& header = whole();
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == kOrder &&
         header.e_machine == outside::arch::kMachine &&
         (header.e_type == ET_EXEC || header.e_type == ET_DYN) &&
         header.e_phentsize == sizeof(Elf64_Phdr) && header.e_phoff % alignof(Elf64_Phdr) == 0 &&
         header.e_phoff <= size_ && header.e_phnum <= (size_ - header.e_phoff) / sizeof(Elf64_Phdr);
}

const Elf64_Phdr* ElfHeaders::segment(Elf64_Word type) const {
  for (const Elf64_Phdr& segment : segments())
    if (segment.p_type == type)
      return &segment;
  return nullptr;
}

bool ElfHeaders::is_packed() const {
  constexpr std::string_view kMark = "UPX!";
  const std::size_t at =
      whole().e_phoff + whole().e_phnum * sizeof(Elf64_Phdr) + sizeof(Elf64_Word);
  return std::string_view{bytes_, size_}.substr(at < size_ ? at : size_).starts_with(kMark);
}

bool ElfHeaders::is_static(const outside::File& file) const {
  if (segment(PT_INTERP) != nullptr)
    return false;
  const Elf64_Phdr* const dynamic = segment(PT_DYNAMIC);
  if (dynamic == nullptr)
    return true;
  // ld.so itself has a name; what has more entries than any static program is left to others.
  Elf64_Dyn entries[256];
  const std::size_t size = dynamic->p_filesz;
  if (size > sizeof entries || !file.read_at(dynamic->p_offset, entries, size))
    return false;
  for (const Elf64_Dyn& entry : Slice<const Elf64_Dyn>{entries, size / sizeof *entries}) {
    if (entry.d_tag == DT_NULL)
      break;
    if (entry.d_tag == DT_SONAME)
      return false;
  }
  return true;
}

} // namespace sealwax::start
