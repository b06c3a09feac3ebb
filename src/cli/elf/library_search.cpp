// SPDX-License-Identifier: Apache-2.0
#include "cli/elf/library_search.hpp"

#include "cli/arch/arch.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "model/object/open_ranges.hpp"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace sealwax::cli {
namespace {

std::string text_of(const SystemRoot& root, const std::string& path) {
  return root.text(path).value_or("");
}

bool is_musl(const LoadedFile& loader) {
  return loader.name.find("/ld-musl-") != std::string::npos;
}

/// The folders that glibc's loader searches at last are built into it, as strings one after another
/// that begin and end with a slash.
std::vector<std::string> built_in_folders(std::string_view text) {
  std::vector<std::string> folders;
  for (std::size_t at = text.find("/lib"); at != text.npos; at = text.find("/lib", at + 1)) {
    std::vector<std::string> run;
    for (std::size_t end = 0, begin = at; (end = text.find('\0', begin)) != text.npos;
         begin = end + 1) {
      const std::string_view string = text.substr(begin, end - begin);
      if (string.size() < 2 || string.size() > 256 || string.front() != '/' || string.back() != '/')
        break;
      run.emplace_back(string);
    }
    if (run.size() > folders.size())
      folders = std::move(run);
  }
  return folders;
}

std::vector<std::string> glibc_folders(const SystemRoot& root, const LoadedFile& loader) {
  std::vector<std::string> folders = built_in_folders(text_of(root, loader.path));
  return folders.empty() ? std::vector<std::string>{"/lib/", "/usr/lib/"} : folders;
}

/// musl reads /etc/ld-musl-ARCH.path, beside the folder of /lib that it was started from.
std::vector<std::string> musl_folders(const SystemRoot& root, const LoadedFile& loader) {
  std::string_view name = file_name(loader.name);
  name = name.substr(0, name.find(".so"));
  std::string list = text_of(root, fmt::format("/etc/{}.path", name));
  if (list.empty())
    list = "/lib:/usr/local/lib:/usr/lib";
  std::vector<std::string> folders;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find_first_of(":\n", at), list.size());
    if (end != at)
      folders.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return folders;
}

/// In ld.so.cache: the flags of libraries for programs of that kind (glibc's ldconfig.h).
std::int32_t cache_kind(const ElfFile& file) {
  constexpr std::int32_t kLibc6 = 3;
  switch (file.machine) {
  case EM_X86_64:
    return kLibc6 | (file.elf_class == ELFCLASS64 ? 0x0300 : 0x0800);
  case EM_AARCH64:
    return kLibc6 | 0x0a00;
  default:
    return kLibc6;
  }
}

/// Which of glibc-hwcaps this machine has for `program`, the best first.
std::vector<std::string_view> usable_levels(const ElfFile& program) {
  return program.machine == arch::kMachine ? library_levels() : std::vector<std::string_view>{};
}

/// "lib/x86_64-linux-gnu" of "/lib/x86_64-linux-gnu/", "lib64" of "/usr/lib64/".
std::string lib_of(std::string_view folder) {
  if (folder.starts_with("/usr/"))
    folder.remove_prefix(4);
  const std::size_t begin = folder.find_first_not_of('/');
  const std::size_t end = folder.find_last_not_of('/');
  return begin == folder.npos ? "lib" : std::string{folder.substr(begin, end + 1 - begin)};
}

std::string_view platform_of(const ElfFile& file) {
  switch (file.machine) {
  case EM_X86_64:
    return "x86_64";
  case EM_AARCH64:
    return "aarch64";
  default:
    return "i686";
  }
}

std::string origin_of(const LoadedFile& object) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path{object.name}.parent_path();
  return folder.is_absolute() ? folder.string() : std::filesystem::absolute(folder, error).string();
}

std::string joined(const std::string& folder, std::string_view name) {
  return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

/// What the file's notes want left open, at the addresses that are in its headers.
OpenRanges open_ranges(int descriptor, Slice<const Elf64_Phdr> segments) {
  OpenRanges open;
  std::vector<std::byte> notes;
  for (const Elf64_Phdr& segment : segments) {
    if (!has_loaded_notes(segment, segments) || segment.p_filesz > kMostNotes)
      continue;
    notes.resize(segment.p_filesz);
    const ssize_t size =
        pread(descriptor, notes.data(), notes.size(), static_cast<off_t>(segment.p_offset));
    if (size > 0)
      read_open_ranges({notes.data(), static_cast<std::size_t>(size)}, segment.p_vaddr,
                       segment.p_align, open);
  }
  return open;
}

} // namespace

LoadedFile load(OpenFile file, const std::string& name) {
  LoadedFile loaded;
  loaded.name = name;
  loaded.path = std::move(file.path);
  loaded.status = file.status;
  loaded.elf = read_elf(file.descriptor.number());
  loaded.privileged_by_capabilities =
      fgetxattr(file.descriptor.number(), "security.capability", nullptr, 0) > 0;
  const Slice<const Elf64_Phdr> headers{loaded.elf.segments.data(), loaded.elf.segments.size()};
  const PageSize page{static_cast<std::size_t>(sysconf(_SC_PAGESIZE))};
  const OpenRanges open = open_ranges(file.descriptor.number(), headers);
  if (const LayoutError error =
          lay_out(0, headers, page, loaded.layout, {open.begin(), open.size()});
      error != LayoutError::none)
    throw ElfError(fmt::format("cannot be loaded: {}", describe(error)));
  return loaded;
}

std::string cannot_open(const std::string& name, int error, std::string_view meant) {
  return fmt::format("cannot open '{}': {}; {}{}", printable(name), std::strerror(error), meant,
                     error == EACCES || error == EPERM ? "it takes the right to read it"
                                                       : "check the path");
}

std::optional<std::string> meaning_of_lib(const SystemRoot& root) {
  const std::optional<OpenFile> shell = root.open("/bin/sh");
  const std::optional<ElfFile> elf =
      shell ? try_read_elf(shell->descriptor.number()) : std::nullopt;
  if (!elf || elf->interpreter.find("/ld-musl-") != std::string::npos)
    return std::nullopt;
  const std::vector<std::string> folders = built_in_folders(text_of(root, elf->interpreter));
  return folders.empty() ? std::nullopt : std::optional{lib_of(folders.front())};
}

LibrarySearch::LibrarySearch(const SystemRoot& root, const ElfFile& program,
                             const LoadedFile& loader, bool secure)
    : root_(root), musl_(is_musl(loader)), secure_(secure), levels_(usable_levels(program)),
      defaults_(musl_ ? musl_folders(root, loader) : glibc_folders(root, loader)),
      lib_(lib_of(defaults_.front())),
      cache_(musl_ ? std::string{} : text_of(root, "/etc/ld.so.cache")) {
  kind_.machine = program.machine;
  kind_.elf_class = program.elf_class;
}

/// musl is the C library and the loader in one (ldso/dynlink.c, load_library).
bool LibrarySearch::is_loader(std::string_view name) const {
  static constexpr std::array<std::string_view, 7> kReserved = {"c",  "pthread", "rt",  "m",
                                                                "dl", "util",    "xnet"};
  if (!musl_ || !name.starts_with("lib"))
    return false;
  const std::string_view rest = name.substr(3);
  return std::any_of(kReserved.begin(), kReserved.end(), [rest](std::string_view reserved) {
    return rest.starts_with(reserved) && rest.substr(reserved.size()).starts_with('.');
  });
}

std::optional<LoadedFile> LibrarySearch::find(const std::string& name, const Seeker& seeker) const {
  if (name.find('/') != std::string::npos)
    return try_file(expand(name, *seeker.file));
  return musl_ ? find_musl(name, seeker) : find_glibc(name, seeker);
}

/// A file of another kind is passed over, one that is broken is not.
std::optional<LoadedFile> LibrarySearch::try_file(const std::string& path) const {
  try {
    std::optional<OpenFile> file = root_.open(path);
    if (!file)
      return std::nullopt;
    LoadedFile loaded = load(std::move(*file), path);
    return loaded.elf.same_machine(kind_) ? std::optional{std::move(loaded)} : std::nullopt;
  } catch (const ElfError& error) {
    throw ElfError(fmt::format("{} {}", printable(path), error.what()));
  }
}

std::optional<LoadedFile> LibrarySearch::try_folders(const Folders& folders,
                                                     const std::string& name) const {
  for (const std::string& folder : folders) {
    if (!musl_)
      for (const std::string_view level : levels_)
        if (auto file = try_file(joined(folder, fmt::format("glibc-hwcaps/{}/{}", level, name))))
          return file;
    if (std::optional<LoadedFile> file = try_file(joined(folder, name)))
      return file;
  }
  return std::nullopt;
}

/// DT_RPATH holds for all that is loaded below an object too, unless the seeker has a DT_RUNPATH.
std::optional<LoadedFile> LibrarySearch::try_rpaths(const std::string& name,
                                                    const Seeker& seeker) const {
  for (const Seeker* at = &seeker; at != nullptr; at = at->needed_by) {
    const ElfFile& elf = at->file->elf;
    if (elf.rpath && !elf.runpath)
      if (std::optional<LoadedFile> file = try_folders(split(*elf.rpath, *at->file), name))
        return file;
  }
  return std::nullopt;
}

std::optional<LoadedFile> LibrarySearch::find_glibc(const std::string& name,
                                                    const Seeker& seeker) const {
  const ElfFile& elf = seeker.file->elf;
  if (!elf.runpath)
    if (std::optional<LoadedFile> file = try_rpaths(name, seeker))
      return file;
  if (elf.runpath)
    if (auto file = try_folders(split(*elf.runpath, *seeker.file), name))
      return file;
  const bool defaults = (elf.flags_1 & DF_1_NODEFLIB) == 0;
  const std::string cached = cache_.find(name, cache_kind(kind_), levels_);
  if (!cached.empty() && (defaults || !is_trusted(cached)))
    if (std::optional<LoadedFile> file = try_file(cached))
      return file;
  return defaults ? try_folders(defaults_, name) : std::nullopt;
}

/// musl makes no difference between the two paths, and inherits both.
std::optional<LoadedFile> LibrarySearch::find_musl(const std::string& name,
                                                   const Seeker& seeker) const {
  for (const Seeker* at = &seeker; at != nullptr; at = at->needed_by) {
    const ElfFile& elf = at->file->elf;
    if (const std::optional<std::string>& path = elf.runpath ? elf.runpath : elf.rpath)
      if (std::optional<LoadedFile> file = try_folders(split(*path, *at->file), name))
        return file;
  }
  return try_folders(defaults_, name);
}

LibrarySearch::Folders LibrarySearch::split(std::string_view list, const LoadedFile& object) const {
  Folders folders;
  for (;;) {
    const std::size_t end = list.find(':');
    const std::string_view item = list.substr(0, end);
    std::string folder = item.empty() ? "./" : expand(item, object);
    // Where a setuid program may be put somewhere else, $ORIGIN would lead it there.
    if (!secure_ || item.find('$') == item.npos || is_trusted(folder))
      folders.push_back(std::move(folder));
    if (end == list.npos)
      return folders;
    list.remove_prefix(end + 1);
  }
}

std::string LibrarySearch::expand(std::string_view text, const LoadedFile& object) const {
  const std::array<std::pair<std::string_view, std::string>, 3> known = {
      {{"ORIGIN", origin_of(object)},
       {"LIB", lib_},
       {"PLATFORM", std::string{platform_of(kind_)}}}};
  std::string result;
  while (!text.empty()) {
    bool replaced = false;
    for (const auto& [name, value] : known)
      for (const std::string& form : {fmt::format("${{{}}}", name), fmt::format("${}", name)})
        if (!replaced && text.starts_with(form)) {
          text.remove_prefix(form.size());
          result += value;
          replaced = true;
        }
    if (!replaced) {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

bool LibrarySearch::is_trusted(const std::string& folder) const {
  const std::string normal = std::filesystem::path{folder + '/'}.lexically_normal().string();
  return std::any_of(defaults_.begin(), defaults_.end(),
                     [&](const std::string& trusted) { return normal.starts_with(trusted); });
}

} // namespace sealwax::cli
