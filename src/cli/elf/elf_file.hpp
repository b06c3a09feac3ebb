// SPDX-License-Identifier: Apache-2.0
// What an ELF file on disk says about how it will be loaded.
#pragma once

#include "model/range.hpp"

#include <cstdint>
#include <elf.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// Why a file cannot be loaded: a predicate, to stand behind the file's name.
class ElfError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// It is a script.
class ScriptError : public ElfError {
  using ElfError::ElfError;
};

struct ElfFile {
  std::uint16_t type = 0;             ///< e_type
  std::uint16_t machine = 0;          ///< e_machine
  unsigned char elf_class = 0;        ///< EI_CLASS
  std::uint64_t entry = 0;            ///< e_entry
  std::vector<Elf64_Phdr> segments;   ///< of 64 bits, whichever class the file has
  std::uint64_t init = 0;             ///< DT_INIT, 0 where there is none
  Range jump_slots;                   ///< where its calls into other objects are bound
  std::uint64_t flags = 0;            ///< DT_FLAGS
  std::uint64_t flags_1 = 0;          ///< DT_FLAGS_1
  bool text_relocations = false;      ///< DT_TEXTREL, or DF_TEXTREL
  std::string interpreter;            ///< PT_INTERP
  std::string soname;                 ///< DT_SONAME
  std::vector<std::string> needed;    ///< DT_NEEDED
  std::optional<std::string> rpath;   ///< DT_RPATH
  std::optional<std::string> runpath; ///< DT_RUNPATH
  bool packed = false;                ///< by UPX: it unpacks itself when it is started
  bool imports_asan = false;          ///< it expects __asan_init of a library
  bool calls_load_hook = false;       ///< its DT_INIT can call another object's __gmon_start__
  bool defines_load_hook = false;     ///< it has a __gmon_start__ of its own

  /// Neither needs ld.so nor is it: an executable or static-pie that loads itself.
  [[nodiscard]] bool is_static() const { return interpreter.empty() && soname.empty(); }
  [[nodiscard]] bool same_machine(const ElfFile& other) const {
    return elf_class == other.elf_class && machine == other.machine;
  }
};

/// It is built with AddressSanitizer, whose runtime wants to be the first library.
[[nodiscard]] bool needs_asan_runtime(const ElfFile& file);

/// What a script, text that begins with "#!", names behind that (execve(2)).
[[nodiscard]] std::string_view script_interpreter(std::string_view script);

/// Reads what a loader would, with the checks that the kernel and ld.so make. Throws ElfError.
[[nodiscard]] ElfFile read_elf(int descriptor);

/// nullopt: it is no ELF file that could be loaded.
[[nodiscard]] std::optional<ElfFile> try_read_elf(int descriptor);

/// nullopt: it cannot be read, or is no ELF file that could be loaded.
[[nodiscard]] std::optional<ElfFile> read_elf_file(const std::string& path);

/// "64-bit x86-64" and the like.
[[nodiscard]] std::string describe_machine(const ElfFile& file);

} // namespace sealwax::cli
