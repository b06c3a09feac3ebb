// SPDX-License-Identifier: Apache-2.0
#include "cli/elf/closure.hpp"

#include "cli/output/output.hpp"
#include "cli/system/preload_list.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

namespace sealwax::cli {
namespace {

/// For a library, which names no loader: those that programs name.
std::array<const char*, 2> usual_loaders(const ElfFile& file) {
  switch (file.machine) {
  case EM_X86_64:
    return {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"};
  case EM_AARCH64:
    return {"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"};
  default:
    return {"/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1"};
  }
}

/// Breadth first, as ld.so does it (glibc's elf/dl-deps.c).
class ClosureWalk {
public:
  ClosureWalk(const SystemRoot& root, LoadedFile program) : root_(root) {
    const std::string name = program.name;
    add(std::move(program), name, kNone);
  }

  Closure take() {
    LoadedFile loader;
    if (!find_loader(loader))
      return std::move(closure_);
    const LibrarySearch search{root_, program().elf, loader, is_privileged(program())};
    closure_.musl = search.loader_is_musl();
    const struct stat loader_status = loader.status;
    if (!program().elf.interpreter.empty()) {
      add(std::move(loader), program().elf.interpreter, kNone);
      if (!closure_.musl)
        for (const std::string& entry :
             preload_entries(root_.text(deploy::kPreloadPath).value_or("")))
          need(search, entry, 0);
    }
    for (std::size_t i = 0; i < closure_.files.size(); ++i)
      for (const std::string& name : std::vector{closure_.files[i].elf.needed})
        need(search, name, i);
    closure_.loader = index_of(loader_status);
    return std::move(closure_);
  }

private:
  static constexpr std::size_t kNone = Closure::kNone;

  const LoadedFile& program() const { return closure_.files.front(); }

  /// False, with a problem: the one that the program names cannot be used.
  bool find_loader(LoadedFile& loader) {
    const std::string& named = program().elf.interpreter;
    if (!named.empty())
      return load_loader(named, loader);
    for (const char* path : usual_loaders(program().elf))
      if (root_.open(path))
        return load_loader(path, loader);
    return true; // There is none: the search takes what all of them have in common.
  }

  bool load_loader(const std::string& path, LoadedFile& loader) {
    std::optional<OpenFile> file = root_.open(path);
    if (!file) {
      fail(fmt::format("{} needs the loader {}: {}; install it", printable(program().name),
                       printable(path), std::strerror(errno)));
      return false;
    }
    try {
      loader = load(std::move(*file), path);
      return true;
    } catch (const ElfError& error) {
      fail(fmt::format("{} needs the loader {}, which {}; install it anew",
                       printable(program().name), printable(path), error.what()));
      return false;
    }
  }

  /// Loads what `file` names in a DT_NEEDED, unless it is there.
  void need(const LibrarySearch& search, const std::string& name, std::size_t file) {
    if (is_loaded(name) || search.is_loader(name))
      return;
    const std::string& seeker = closure_.files[file].name;
    try {
      std::optional<LoadedFile> found = search.find(name, seekers_[file]);
      if (!found)
        fail(fmt::format("{} needs {}, which is not found; install it", printable(seeker),
                         printable(name)));
      else
        add(std::move(*found), name, file);
    } catch (const ElfError& error) {
      fail(fmt::format("{} needs {}, but {}; install it anew", printable(seeker), printable(name),
                       error.what()));
    }
    names_.insert(name);
  }

  bool is_loaded(const std::string& name) const {
    return names_.contains(name) ||
           std::any_of(closure_.files.begin(), closure_.files.end(),
                       [&name](const LoadedFile& file) { return file.elf.soname == name; });
  }

  /// Of the same file; kNone: it is not loaded.
  std::size_t index_of(const struct stat& status) const {
    const auto found = std::find_if(
        closure_.files.begin(), closure_.files.end(), [&status](const LoadedFile& file) {
          return file.status.st_dev == status.st_dev && file.status.st_ino == status.st_ino;
        });
    return found == closure_.files.end() ? kNone
                                         : static_cast<std::size_t>(found - closure_.files.begin());
  }

  /// One file under two names is loaded once.
  void add(LoadedFile file, const std::string& name, std::size_t needed_by) {
    names_.insert(name);
    names_.insert(file.name);
    if (index_of(file.status) != kNone)
      return;
    closure_.files.push_back(std::move(file));
    seekers_.push_back(
        Seeker{&closure_.files.back(), needed_by == kNone ? nullptr : &seekers_[needed_by]});
  }

  void fail(std::string problem) { closure_.problems.push_back(std::move(problem)); }

  const SystemRoot& root_;
  Closure closure_;
  std::deque<Seeker> seekers_; ///< one for each of the files
  std::set<std::string> names_;
};

} // namespace

Closure closure_of(const SystemRoot& root, LoadedFile program) {
  return ClosureWalk{root, std::move(program)}.take();
}

bool is_privileged(const LoadedFile& program) {
  const mode_t mode = program.status.st_mode;
  return (mode & S_ISUID) != 0 || ((mode & S_ISGID) != 0 && (mode & S_IXGRP) != 0) ||
         program.privileged_by_capabilities;
}

} // namespace sealwax::cli
