// SPDX-License-Identifier: Apache-2.0
#include "model/object/tiny_object.hpp"

#include <bit>
#include <cstring>

namespace sealwax {

TinyObject::TinyObject(ObjectKind kind) {
  Elf64_Ehdr& header = file_.header;
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = kind.machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = offsetof(File, segments);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(file_.segments.size());

  // All of it, at the address 0 of its own, can be written: the loader relocates it, and nobody has
  // to protect it.
  const auto segment = [](Elf64_Word type, std::size_t at, std::size_t size, std::size_t align) {
    return Elf64_Phdr{type, PF_R | PF_W, at, at, at, size, size, align};
  };
  constexpr std::size_t kLargestPage = 1 << 16;
  file_.segments = {
      segment(PT_LOAD, 0, sizeof(File), kLargestPage),
      segment(PT_DYNAMIC, offsetof(File, dynamic), sizeof file_.dynamic, alignof(Elf64_Dyn))};

  add(DT_STRTAB, offsetof(File, names));
  add(DT_STRSZ, sizeof file_.names);
  add(DT_SYMTAB, offsetof(File, symbol));
  add(DT_SYMENT, sizeof file_.symbol);
  add(DT_GNU_HASH, offsetof(File, hash));
}

void TinyObject::add(Elf64_Sxword tag, Elf64_Xword value) {
  file_.dynamic[entries_++] = {tag, {value}};
}

TinyObject TinyObject::that_calls(ObjectKind kind, Address function) {
  TinyObject made{kind};
  made.file_.relocation = {offsetof(File, initialiser), ELF64_R_INFO(0, kind.absolute),
                           static_cast<Elf64_Sxword>(function)};
  made.add(DT_RELA, offsetof(File, relocation));
  made.add(DT_RELASZ, sizeof(Elf64_Rela));
  made.add(DT_RELAENT, sizeof(Elf64_Rela));
  made.add(DT_INIT_ARRAY, offsetof(File, initialiser));
  made.add(DT_INIT_ARRAYSZ, sizeof(Elf64_Addr));
  return made;
}

std::optional<TinyObject> TinyObject::that_needs(ObjectKind kind, std::string_view first,
                                                 std::string_view second) {
  TinyObject made{kind};
  std::size_t at = 1; // the empty name stands in front
  for (const std::string_view name : {first, second}) {
    if (name.size() >= kNameRoom)
      return std::nullopt;
    std::memcpy(made.file_.names.data() + at, name.data(), name.size());
    made.add(DT_NEEDED, at);
    at += name.size() + 1;
  }
  return made;
}

} // namespace sealwax
