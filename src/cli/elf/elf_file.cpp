// SPDX-License-Identifier: Apache-2.0
#include "cli/elf/elf_file.hpp"

#include "cli/arch/byte_order.hpp"
#include "cli/elf/elf_handle.hpp"
#include "cli/output/output.hpp"
#include "cli/system/descriptor.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <gelf.h>
#include <memory>
#include <unistd.h>

namespace sealwax::cli {
namespace {

template <typename... Values>
[[noreturn]] void reject(fmt::format_string<Values...> format, Values&&... values) {
  throw ElfError(fmt::format(format, std::forward<Values>(values)...));
}

/// The kernel reads no more than 64 KiB of them (fs/binfmt_elf.c, load_elf_phdrs).
constexpr std::size_t kMaxHeaderBytes = 65536;

/// No kernel gives a program more; sums of sizes below it stay far from an overflow.
constexpr std::uint64_t kMaxAddress = std::uint64_t{1} << 56U;

/// What comes before libelf can help: it takes whatever it cannot make out for no ELF file.
std::uint64_t check_beginning(int descriptor) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0)
    reject("cannot be read: {}", std::strerror(errno));
  if (S_ISDIR(status.st_mode))
    reject("is a directory");
  if (!S_ISREG(status.st_mode))
    reject("is no regular file");
  if (status.st_size == 0)
    reject("is empty");
  unsigned char ident[256] = {}; // as much of a script as the kernel reads
  const ssize_t size = pread(descriptor, ident, sizeof ident - 1, 0);
  if (size < 0)
    reject("cannot be read: {}", std::strerror(errno));
  if (const char* text = reinterpret_cast<const char*>(ident); std::strncmp(text, "#!", 2) == 0)
    throw ScriptError(
        fmt::format("is a script, which {} runs", printable(script_interpreter(text))));
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0)
    reject("is no ELF file");
  const std::size_t header =
      ident[EI_CLASS] == ELFCLASS32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);
  if (static_cast<std::uint64_t>(status.st_size) < header)
    reject("is cut short: it ends inside its ELF header");
  if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
    reject("is of ELF class {}, neither 32-bit nor 64-bit", ident[EI_CLASS]);
  if (ident[EI_DATA] != kNativeOrder)
    reject("has another byte order than this machine");
  if (ident[EI_VERSION] != EV_CURRENT)
    reject("is of ELF version {}, which nothing loads", ident[EI_VERSION]);
  return static_cast<std::uint64_t>(status.st_size);
}

/// Of the symbols that matter, which there are.
struct KnownSymbols {
  bool asan_wanted = false;
  bool hook_wanted = false;
  bool hook_defined = false;
};

/// The dynamic section by the program headers: section headers can be stripped.
class ElfReader {
public:
  explicit ElfReader(int descriptor) : size_(check_beginning(descriptor)) {
    elf_version(EV_CURRENT);
    // Not by mmap: a file that somebody cuts short meanwhile would end this process by SIGBUS.
    elf_.reset(elf_begin(descriptor, ELF_C_READ, nullptr));
    if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || gelf_getehdr(elf_.get(), &header_) == nullptr)
      reject("has an ELF header that cannot be read: {}", elf_errmsg(-1));
  }

  ElfFile read() {
    file_.type = header_.e_type;
    file_.machine = header_.e_machine;
    file_.elf_class = header_.e_ident[EI_CLASS];
    file_.entry = header_.e_entry;
    check_header();
    read_segments();
    file_.packed = is_packed();
    for (std::size_t i = 0; i < file_.segments.size(); ++i)
      if (file_.segments[i].p_type == PT_LOAD)
        check_loadable(i);
    for (const Elf64_Phdr& segment : file_.segments)
      if (segment.p_type == PT_INTERP)
        read_interpreter(segment);
    // Of several, the loaders heed the last.
    const auto dynamic =
        std::find_if(file_.segments.rbegin(), file_.segments.rend(),
                     [](const Elf64_Phdr& segment) { return segment.p_type == PT_DYNAMIC; });
    if (dynamic != file_.segments.rend())
      read_dynamic(*dynamic);
    return std::move(file_);
  }

private:
  bool in_file(std::uint64_t offset, std::uint64_t size) const {
    return size <= size_ && offset <= size_ - size;
  }

  void check_header() const {
    if (header_.e_type != ET_EXEC && header_.e_type != ET_DYN)
      reject("is an ELF file of type {}, neither a program nor a shared object", header_.e_type);
    const std::size_t entry =
        file_.elf_class == ELFCLASS64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    const std::size_t bytes = header_.e_phnum * entry;
    if (header_.e_phnum == 0)
      reject("has no program headers");
    if (header_.e_phentsize != entry)
      reject("has program headers of {} bytes in place of {}", header_.e_phentsize, entry);
    if (bytes > kMaxHeaderBytes)
      reject("has {} program headers, and nothing with more than {} is loaded", header_.e_phnum,
             kMaxHeaderBytes / entry);
    if (!in_file(header_.e_phoff, bytes))
      reject("is cut short: its program headers lie at {:#x} and the file ends at {:#x}",
             header_.e_phoff, size_);
  }

  void read_segments() {
    file_.segments.resize(header_.e_phnum);
    for (std::size_t i = 0; i < file_.segments.size(); ++i)
      if (gelf_getphdr(elf_.get(), static_cast<int>(i), &file_.segments[i]) == nullptr)
        reject("has a program header {} that cannot be read: {}", i, elf_errmsg(-1));
  }

  /// UPX's l_info, a checksum and its mark, lies behind the program headers (upx, src/stub/src/
  /// include/linux.h).
  bool is_packed() const {
    constexpr std::string_view kMark = "UPX!";
    const std::uint64_t at = header_.e_phoff +
                             std::uint64_t{header_.e_phnum} * header_.e_phentsize +
                             sizeof(std::uint32_t);
    if (!in_file(at, kMark.size()))
      return false;
    const Elf_Data* found =
        elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(at), kMark.size(), ELF_T_BYTE);
    return found != nullptr && std::memcmp(found->d_buf, kMark.data(), kMark.size()) == 0;
  }

  void check_loadable(std::size_t index) const {
    const Elf64_Phdr& segment = file_.segments[index];
    if (segment.p_filesz > segment.p_memsz)
      reject("has a segment {} with more bytes in the file than in memory", index);
    if (!in_file(segment.p_offset, segment.p_filesz))
      reject("is cut short: segment {} lies at {:#x} with {:#x} bytes and the file ends at {:#x}",
             index, segment.p_offset, segment.p_filesz, size_);
    if (segment.p_vaddr > kMaxAddress || segment.p_memsz > kMaxAddress - segment.p_vaddr)
      reject("has a segment {} that reaches past the end of the address space", index);
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    if ((segment.p_vaddr - segment.p_offset) % page != 0)
      reject("has a segment {} whose address and offset differ within a page", index);
  }

  /// Bytes of the file, which the handle owns. Empty: none are there.
  Elf_Data* chunk(std::uint64_t offset, std::uint64_t size, Elf_Type type) const {
    if (size == 0 || !in_file(offset, size))
      return nullptr;
    if (size > kMostBytes)
      reject("has a table of {} bytes, and no more than {} are read", size, kMostBytes);
    return elf_getdata_rawchunk(elf_.get(), static_cast<off_t>(offset), size, type);
  }

  std::string_view text(std::uint64_t offset, std::uint64_t size) const {
    const Elf_Data* data = chunk(offset, size, ELF_T_BYTE);
    return data == nullptr ? std::string_view{}
                           : std::string_view{static_cast<const char*>(data->d_buf), data->d_size};
  }

  void read_interpreter(const Elf64_Phdr& segment) {
    if (segment.p_filesz < 2 || segment.p_filesz > PATH_MAX)
      reject("names its loader in {} bytes, which the kernel does not take", segment.p_filesz);
    const std::string_view name = text(segment.p_offset, segment.p_filesz);
    if (name.empty())
      reject("names its loader outside of the file");
    if (name.back() != '\0')
      reject("names its loader without an end");
    file_.interpreter = name.substr(0, name.find('\0'));
  }

  /// Where in the file a segment holds what is at `address` in memory, and how much follows there.
  std::optional<Elf64_Phdr> segment_at(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : file_.segments)
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz) {
        Elf64_Phdr rest = segment;
        rest.p_offset += address - segment.p_vaddr;
        rest.p_filesz -= address - segment.p_vaddr;
        return rest;
      }
    return std::nullopt;
  }

  static constexpr std::uint64_t kAbsent = ~std::uint64_t{0};

  /// What of the dynamic section leads to other places.
  struct Places {
    std::uint64_t strings = 0;
    std::uint64_t strings_size = 0;
    std::uint64_t symbols = 0;
    std::uint64_t plt_relocations = 0; ///< bytes
    bool plt_addends = false;          ///< they are DT_RELA
    std::uint64_t plt_got = 0;
    std::uint64_t soname = kAbsent;
    std::uint64_t rpath = kAbsent;
    std::uint64_t runpath = kAbsent;
    std::vector<std::uint64_t> needed;
  };

  void read_dynamic(const Elf64_Phdr& segment) {
    Elf_Data* entries = chunk(segment.p_offset, segment.p_filesz, ELF_T_DYN);
    if (entries == nullptr)
      reject("has its dynamic section outside of the file");
    Places places;
    GElf_Dyn entry;
    for (int i = 0; gelf_getdyn(entries, i, &entry) != nullptr && entry.d_tag != DT_NULL; ++i)
      note(entry, places);
    file_.jump_slots = jump_slots(places);
    read_strings(places);
    read_symbols(places);
  }

  /// Behind three words for the loader, one for each relocation (psABI, Global Offset Table).
  Range jump_slots(const Places& places) const {
    const bool wide = file_.elf_class == ELFCLASS64;
    const std::uint64_t word = wide ? 8 : 4;
    const std::uint64_t relocation = word * (places.plt_addends ? 3 : 2);
    const std::uint64_t count = std::min(places.plt_relocations, size_) / relocation;
    if (count == 0)
      return {};
    const Address begin = places.plt_got + 3 * word;
    return {begin, begin + count * word};
  }

  void note(const GElf_Dyn& entry, Places& places) {
    const std::uint64_t value = entry.d_un.d_val;
    switch (entry.d_tag) {
    case DT_STRTAB:
      places.strings = value;
      break;
    case DT_STRSZ:
      places.strings_size = value;
      break;
    case DT_SYMTAB:
      places.symbols = value;
      break;
    case DT_PLTRELSZ:
      places.plt_relocations = value;
      break;
    case DT_PLTREL:
      places.plt_addends = value == DT_RELA;
      break;
    case DT_PLTGOT:
      places.plt_got = value;
      break;
    case DT_SONAME:
      places.soname = value;
      break;
    case DT_RPATH:
      places.rpath = value;
      break;
    case DT_RUNPATH:
      places.runpath = value;
      break;
    case DT_NEEDED:
      places.needed.push_back(value);
      break;
    case DT_INIT:
      file_.init = value;
      break;
    case DT_FLAGS:
      file_.flags = value;
      break;
    case DT_FLAGS_1:
      file_.flags_1 = value;
      break;
    case DT_TEXTREL:
      file_.text_relocations = true;
      break;
    default:
      break;
    }
    file_.text_relocations |= (file_.flags & DF_TEXTREL) != 0;
  }

  void read_strings(const Places& places) {
    const std::optional<Elf64_Phdr> table = segment_at(places.strings);
    if (places.strings_size != 0 && table)
      strings_ = text(table->p_offset, std::min(places.strings_size, table->p_filesz));
    for (const std::uint64_t offset : places.needed)
      file_.needed.push_back(string(offset, "library that it needs"));
    if (places.soname != kAbsent)
      file_.soname = string(places.soname, "name of its own");
    if (places.rpath != kAbsent)
      file_.rpath = string(places.rpath, "RPATH");
    if (places.runpath != kAbsent)
      file_.runpath = string(places.runpath, "RUNPATH");
  }

  std::string string(std::uint64_t offset, const char* what) const {
    const std::size_t end = offset < strings_.size() ? strings_.find('\0', offset) : strings_.npos;
    if (end == strings_.npos)
      reject("has a {} at {:#x}, outside of its string table", what, offset);
    return std::string{strings_.substr(offset, end - offset)};
  }

  void read_symbols(const Places& places) {
    const std::optional<Elf64_Phdr> table = segment_at(places.symbols);
    if (places.symbols == 0 || !table)
      return;
    const std::uint64_t size = std::min(symbol_bytes(places), table->p_filesz);
    Elf_Data* data = chunk(table->p_offset, size, ELF_T_SYM);
    GElf_Sym symbol;
    KnownSymbols known;
    for (int i = 1; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i)
      note(symbol, known);
    file_.imports_asan = known.asan_wanted;
    file_.calls_load_hook = known.hook_wanted && file_.init != 0;
    file_.defines_load_hook = known.hook_defined;
  }

  void note(const GElf_Sym& symbol, KnownSymbols& known) const {
    if (symbol.st_name >= strings_.size())
      return;
    const std::string_view name = strings_.substr(symbol.st_name);
    const bool wanted = symbol.st_shndx == SHN_UNDEF;
    const auto is = [name](std::string_view which) {
      return name.size() > which.size() && name.starts_with(which) && name[which.size()] == '\0';
    };
    known.asan_wanted |= wanted && is("__asan_init");
    if (is("__gmon_start__"))
      (wanted ? known.hook_wanted : known.hook_defined) = true;
  }

  /// The dynamic section does not say how many symbols there are. The section headers do; where
  /// they are stripped the strings follow the symbols, as all linkers have it.
  std::uint64_t symbol_bytes(const Places& places) const {
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_.get(), section)) != nullptr;) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_DYNSYM &&
          header.sh_addr == places.symbols)
        return header.sh_size;
    }
    return places.strings > places.symbols ? places.strings - places.symbols : 0;
  }

  std::uint64_t size_;
  ElfHandle elf_;
  GElf_Ehdr header_{};
  std::string_view strings_;
  ElfFile file_;
};

} // namespace

bool needs_asan_runtime(const ElfFile& file) {
  return file.imports_asan ||
         std::any_of(file.needed.begin(), file.needed.end(), [](const std::string& name) {
           return name.starts_with("libasan.so") || name.starts_with("libclang_rt.asan");
         });
}

std::string_view script_interpreter(std::string_view script) {
  script.remove_prefix(2);
  script = script.substr(0, script.find('\n'));
  script.remove_prefix(std::min(script.find_first_not_of(" \t"), script.size()));
  return script.substr(0, script.find_first_of(" \t"));
}

ElfFile read_elf(int descriptor) {
  return ElfReader{descriptor}.read();
}

std::optional<ElfFile> try_read_elf(int descriptor) {
  try {
    return read_elf(descriptor);
  } catch (const ElfError&) {
    return std::nullopt;
  }
}

std::optional<ElfFile> read_elf_file(const std::string& path) {
  // Not blocking: the name may be that of a FIFO.
  const Descriptor descriptor{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  return descriptor.open() ? try_read_elf(descriptor.number()) : std::nullopt;
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
