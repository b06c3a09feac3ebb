// SPDX-License-Identifier: Apache-2.0
#include "cli/elf/preload_object.hpp"

#include "cli/elf/elf_handle.hpp"

#include <sys/stat.h>

#include <gelf.h>

namespace sealwax::cli {
namespace {

/// Whether no mapping of a segment reaches beyond the file's end, where a touch is SIGBUS.
bool holds_its_segments(Elf* elf, int descriptor) {
  struct stat status = {};
  std::size_t headers = 0;
  if (fstat(descriptor, &status) != 0 || elf_getphdrnum(elf, &headers) != 0)
    return false;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  GElf_Phdr segment;
  for (std::size_t i = 0; i < headers; ++i) {
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr)
      return false;
    if (segment.p_type == PT_LOAD &&
        (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      return false;
  }
  return true;
}

bool is_strong_and_undefined(const GElf_Sym& symbol) {
  return symbol.st_shndx == SHN_UNDEF && GELF_ST_BIND(symbol.st_info) == STB_GLOBAL;
}

void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, PreloadObject& object) {
  Elf_Data* data = elf_getdata(section, nullptr);
  GElf_Sym symbol;
  for (int i = 1; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i)
    if (const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
        name != nullptr && is_strong_and_undefined(symbol))
      object.undefined.emplace_back(name);
}

} // namespace

std::optional<PreloadObject> read_preload_object(int descriptor) {
  if (elf_version(EV_CURRENT) == EV_NONE)
    return std::nullopt;
  const ElfHandle elf{elf_begin(descriptor, ELF_C_READ, nullptr)};
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF)
    return std::nullopt;
  PreloadObject object;
  object.whole = holds_its_segments(elf.get(), descriptor);
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr)
      continue;
    object.needs_versions |= header.sh_type == SHT_GNU_verneed;
    if (header.sh_type == SHT_DYNSYM)
      read_symbols(elf.get(), section, header, object);
  }
  return object;
}

} // namespace sealwax::cli
