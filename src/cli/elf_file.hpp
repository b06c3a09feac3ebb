// What an ELF file on disk says about how it will be loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

struct ElfFile {
  std::uint16_t type = 0;          ///< e_type
  std::uint16_t machine = 0;       ///< e_machine
  unsigned char elf_class = 0;     ///< EI_CLASS
  std::uint64_t entry = 0;         ///< e_entry
  std::uint64_t init = 0;          ///< DT_INIT, 0 where there is none
  std::string interpreter;         ///< PT_INTERP
  std::string soname;              ///< DT_SONAME
  std::vector<std::string> needed; ///< DT_NEEDED
  bool imports_asan = false;       ///< it expects __asan_init of a library

  /// Neither needs ld.so nor is it: an executable or static-pie that loads itself.
  [[nodiscard]] bool is_static() const { return interpreter.empty() && soname.empty(); }
  [[nodiscard]] bool same_machine(const ElfFile& other) const {
    return elf_class == other.elf_class && machine == other.machine;
  }
};

/// nullopt: it cannot be read, or is no ELF file.
[[nodiscard]] std::optional<ElfFile> read_elf_file(const std::string& path);

/// "64-bit x86-64" and the like.
[[nodiscard]] std::string describe_machine(const ElfFile& file);

} // namespace sealwax::cli
