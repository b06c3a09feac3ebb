// SPDX-License-Identifier: Apache-2.0
// Where the loader finds the libraries that an object needs. Sources: ld.so(8), glibc's
// elf/dl-load.c, musl's ldso/dynlink.c.
#pragma once

#include "cli/elf/elf_file.hpp"
#include "cli/elf/ld_cache.hpp"
#include "cli/system/system_root.hpp"
#include "model/object/elf_object.hpp"

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// A file that is or will be loaded.
struct LoadedFile {
  std::string name; ///< by which the loader has opened it; the program's own path
  std::string path; ///< by which the kernel knows it
  struct stat status = {};
  bool privileged_by_capabilities = false;
  ElfFile elf;
  ObjectLayout layout; ///< as if loaded at the addresses in its headers
};

/// Reads an open file as the loader would, which calls it `name`. Throws ElfError where it cannot
/// be loaded.
[[nodiscard]] LoadedFile load(OpenFile file, const std::string& name);

/// Why a file that was named cannot be opened, as a message; `meant` stands in front of what to do.
[[nodiscard]] std::string cannot_open(const std::string& name, int error,
                                      std::string_view meant = {});

/// What $LIB (ld.so(8)) stands for in what the system's own loader loads, which is that of /bin/sh.
/// nullopt: it cannot be told, or the loader is musl's and knows no $LIB.
[[nodiscard]] std::optional<std::string> meaning_of_lib(const SystemRoot& root);

/// What the search for a library depends on.
struct Seeker {
  const LoadedFile* file = nullptr;
  const Seeker* needed_by = nullptr; ///< what the seeker itself was first loaded for
};

class LibrarySearch {
public:
  /// For programs that `program` is one of and that `loader` loads. `secure`: as in setuid
  /// programs.
  LibrarySearch(const SystemRoot& root, const ElfFile& program, const LoadedFile& loader,
                bool secure);

  [[nodiscard]] bool loader_is_musl() const { return musl_; }
  /// Whether the loader takes itself for the library of that name.
  [[nodiscard]] bool is_loader(std::string_view name) const;
  /// The library `name`, which `seeker` needs. nullopt: it is nowhere. Throws ElfError, with a
  /// sentence about the file that the loader would stumble over.
  [[nodiscard]] std::optional<LoadedFile> find(const std::string& name, const Seeker& seeker) const;

private:
  using Folders = std::vector<std::string>;

  [[nodiscard]] std::optional<LoadedFile> try_file(const std::string& path) const;
  [[nodiscard]] std::optional<LoadedFile> try_folders(const Folders& folders,
                                                      const std::string& name) const;
  [[nodiscard]] std::optional<LoadedFile> find_glibc(const std::string& name,
                                                     const Seeker& seeker) const;
  [[nodiscard]] std::optional<LoadedFile> find_musl(const std::string& name,
                                                    const Seeker& seeker) const;
  [[nodiscard]] std::optional<LoadedFile> try_rpaths(const std::string& name,
                                                     const Seeker& seeker) const;
  [[nodiscard]] Folders split(std::string_view list, const LoadedFile& object) const;
  [[nodiscard]] std::string expand(std::string_view text, const LoadedFile& object) const;
  [[nodiscard]] bool is_trusted(const std::string& folder) const;

  const SystemRoot& root_;
  ElfFile kind_; ///< what a library's class and machine must be
  bool musl_;
  bool secure_;
  std::vector<std::string_view> levels_; ///< of glibc-hwcaps, the best first
  Folders defaults_;
  std::string lib_; ///< what $LIB stands for
  LdCache cache_;
};

} // namespace sealwax::cli
