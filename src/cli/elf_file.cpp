#include "cli/elf_file.hpp"

#include "cli/procfs.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <gelf.h>
#include <memory>
#include <string_view>

namespace sealwax::cli {
namespace {

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

/// Where in the file a segment holds what is at `address` in memory.
std::optional<GElf_Off> file_offset(Elf* elf, std::size_t headers, GElf_Addr address) {
  GElf_Phdr segment;
  for (std::size_t i = 0; i < headers; ++i)
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) != nullptr && segment.p_type == PT_LOAD &&
        address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
      return segment.p_offset + (address - segment.p_vaddr);
  return std::nullopt;
}

/// The dynamic section's entries and strings, by the program headers: section headers can be
/// stripped.
class DynamicSection {
public:
  DynamicSection(Elf* elf, std::size_t headers, const GElf_Phdr& segment)
      : entries_(elf_getdata_rawchunk(elf, static_cast<off_t>(segment.p_offset), segment.p_filesz,
                                      ELF_T_DYN)) {
    GElf_Dyn entry;
    GElf_Addr address = 0;
    std::size_t size = 0;
    for (int i = 0; get(i, entry); ++i) {
      if (entry.d_tag == DT_STRTAB)
        address = entry.d_un.d_ptr;
      if (entry.d_tag == DT_STRSZ)
        size = entry.d_un.d_val;
    }
    if (const std::optional<GElf_Off> offset = file_offset(elf, headers, address))
      strings_ = elf_getdata_rawchunk(elf, static_cast<off_t>(*offset), size, ELF_T_BYTE);
  }

  bool get(int index, GElf_Dyn& entry) const {
    return entries_ != nullptr && gelf_getdyn(entries_, index, &entry) != nullptr &&
           entry.d_tag != DT_NULL;
  }

  std::string string(std::size_t offset) const {
    if (strings_ == nullptr || offset >= strings_->d_size)
      return {};
    const std::string_view all{static_cast<const char*>(strings_->d_buf), strings_->d_size};
    return std::string{all.substr(offset, all.find('\0', offset) - offset)};
  }

private:
  Elf_Data* entries_;
  Elf_Data* strings_ = nullptr;
};

std::string segment_text(Elf* elf, const GElf_Phdr& segment) {
  const Elf_Data* data =
      elf_getdata_rawchunk(elf, static_cast<off_t>(segment.p_offset), segment.p_filesz, ELF_T_BYTE);
  if (data == nullptr)
    return {};
  const std::string_view all{static_cast<const char*>(data->d_buf), data->d_size};
  return std::string{all.substr(0, all.find('\0'))};
}

void read_segments(Elf* elf, ElfFile& file) {
  std::size_t headers = 0;
  if (elf_getphdrnum(elf, &headers) != 0)
    return;
  GElf_Phdr segment;
  for (std::size_t i = 0; i < headers; ++i) {
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr)
      continue;
    if (segment.p_type == PT_INTERP)
      file.interpreter = segment_text(elf, segment);
    if (segment.p_type != PT_DYNAMIC)
      continue;
    const DynamicSection dynamic{elf, headers, segment};
    GElf_Dyn entry;
    for (int j = 0; dynamic.get(j, entry); ++j) {
      if (entry.d_tag == DT_SONAME)
        file.soname = dynamic.string(entry.d_un.d_val);
      if (entry.d_tag == DT_INIT)
        file.init = entry.d_un.d_ptr;
      if (entry.d_tag == DT_NEEDED)
        file.needed.push_back(dynamic.string(entry.d_un.d_val));
    }
  }
}

/// Whether `name` is to come from another object.
bool imports(Elf* elf, std::string_view name) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_DYNSYM)
      continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Sym symbol;
    for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i)
      if (const char* text = elf_strptr(elf, header.sh_link, symbol.st_name);
          symbol.st_shndx == SHN_UNDEF && text != nullptr && text == name)
        return true;
  }
  return false;
}

} // namespace

std::optional<ElfFile> read_elf_file(const std::string& path) {
  // Not blocking: the name may be that of a FIFO.
  const Descriptor descriptor{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!descriptor.open() || elf_version(EV_CURRENT) == EV_NONE)
    return std::nullopt;
  const ElfHandle elf{elf_begin(descriptor.number(), ELF_C_READ_MMAP, nullptr)};
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
    return std::nullopt;
  ElfFile file;
  file.type = header.e_type;
  file.machine = header.e_machine;
  file.elf_class = header.e_ident[EI_CLASS];
  read_segments(elf.get(), file);
  file.entry = header.e_entry;
  file.imports_asan = imports(elf.get(), "__asan_init");
  return file;
}

std::string describe_machine(const ElfFile& file) {
  const char* width = file.elf_class == ELFCLASS64 ? "64-bit" : "32-bit";
  switch (file.machine) {
  case EM_X86_64:
    return fmt::format("{} x86-64", width);
  case EM_386:
    return fmt::format("{} x86", width);
  case EM_AARCH64:
    return fmt::format("{} aarch64", width);
  case EM_ARM:
    return fmt::format("{} ARM", width);
  default:
    return fmt::format("{} machine {}", width, file.machine);
  }
}

} // namespace sealwax::cli
