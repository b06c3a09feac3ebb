// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/preload.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/named.hpp"
#include "cli/system/descriptor.hpp"
#include "cli/system/own_program.hpp"
#include "deploy/places.hpp"
#include "deploy/preload_text.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// ld.so(8) splits LD_PRELOAD at colons and blanks, musl at any white space, and `$` begins what
/// ld.so expands.
void check_preloadable(const std::string& path) {
  if (path.find_first_of(": \t\n\v\f\r$") != std::string::npos)
    throw CommandError(fmt::format("cannot preload '{}': LD_PRELOAD holds no path with a colon, a "
                                   "blank or a '$'; put the library elsewhere",
                                   printable(path)));
}

std::string search_path(const std::string& name, const char* path) {
  std::string denied;
  std::string_view rest = path;
  for (;;) {
    const std::size_t end = rest.find(':');
    const std::string_view folder = rest.substr(0, end);
    std::string candidate = folder.empty() ? "./" + name : fmt::format("{}/{}", folder, name);
    struct stat status = {};
    if (stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      if (faccessat(AT_FDCWD, candidate.c_str(), X_OK, AT_EACCESS) == 0)
        return candidate;
      denied = candidate;
    }
    if (end == std::string_view::npos)
      break;
    rest.remove_prefix(end + 1);
  }
  if (!denied.empty())
    throw CommandError(
        kNotExecutable,
        fmt::format("cannot run {}: you may not execute it; chmod +x it or name another "
                    "program",
                    printable(denied)));
  throw CommandError(kNotFound, fmt::format("cannot find '{}' in PATH; {}give the program's path",
                                            printable(name), program_meant(SystemRoot{}, name)));
}

/// What runs a script: the path behind `#!`, or the shell as in execvp(3). Nothing for an ELF file.
/// What the kernel reads of a file to tell its kind is 256 bytes (BINPRM_BUF_SIZE).
std::string interpreter_of(const std::string& path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  char buffer[256];
  const ssize_t size = file.open() ? read(file.number(), buffer, sizeof buffer) : -1;
  const std::string_view text{buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  if (text.empty() || text.starts_with(ELFMAG))
    return {};
  if (!text.starts_with("#!"))
    return kShell;
  return std::string{script_interpreter(text)};
}

/// Whether the kernel heeds the set-user-ID bit and file capabilities of files there.
bool grants_privileges(const std::string& program) {
  struct statvfs mount = {};
  const bool nosuid = statvfs(program.c_str(), &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0;
  return !nosuid && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

/// What makes ld.so run `program` in secure mode, where it ignores paths in LD_PRELOAD (AT_SECURE;
/// security/commoncap.c). Empty: nothing.
std::string privilege(const std::string& program) {
  struct stat status = {};
  if (stat(program.c_str(), &status) != 0 || !grants_privileges(program))
    return {};
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid())
    return "is setuid";
  // Without the group's execute bit it means something else (chmod(2)).
  if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 &&
      status.st_gid != getgid())
    return "is setgid";
  if (getuid() != 0 && getxattr(program.c_str(), "security.capability", nullptr, 0) > 0)
    return "has file capabilities";
  return {};
}

/// ASan's runtime ends the program where it is not the first library, unless told not to look.
bool minds_preloads(const ElfFile& elf) {
  const char* options = std::getenv("ASAN_OPTIONS");
  const bool told =
      options != nullptr && std::strstr(options, "verify_asan_link_order=0") != nullptr;
  return !told && needs_asan_runtime(elf);
}

} // namespace

std::string search_library() {
  const std::filesystem::path folder = own_program().parent_path();
  const std::filesystem::path installed = (folder / SEALWAX_LIBRARY_FROM_TOOL).lexically_normal();
  // Where nobody knows the tool's folder the working directory must not take its place.
  for (const std::filesystem::path& place : {folder, installed})
    if (std::string path = place / deploy::kLibraryName;
        place.is_absolute() && access(path.c_str(), F_OK) == 0)
      return path;
  throw CommandError(fmt::format("cannot find {}: it is neither in {} nor in {}; name it with "
                                 "--library FILE",
                                 deploy::kLibraryName, printable(folder.string()),
                                 printable(installed.string())));
}

Library find_library(const std::string& wanted) {
  Library library;
  library.path = wanted.empty() ? search_library() : std::filesystem::absolute(wanted).string();
  check_preloadable(library.path);
  const std::optional<ElfFile> elf = read_elf_file(library.path);
  if (!elf || elf->type != ET_DYN || !elf->interpreter.empty())
    throw CommandError(fmt::format(
        "cannot preload {}: {}; name the library with --library FILE", printable(library.path),
        access(library.path.c_str(), R_OK) != 0 ? std::strerror(errno) : "not a shared object"));
  library.elf = *elf;
  return library;
}

std::string preload_value(const std::string& library, const char* present) {
  if (present == nullptr || *present == '\0')
    return library;
  return library + ':' + present;
}

std::string find_program(const std::string& name) {
  if (name.find('/') == std::string::npos && !name.empty()) {
    const char* path = std::getenv("PATH");
    return search_path(name, path != nullptr ? path : "/bin:/usr/bin");
  }
  struct stat status = {};
  if (name.empty() || stat(name.c_str(), &status) != 0) {
    const int error = name.empty() ? ENOENT : errno;
    throw CommandError(
        error == ENOENT || error == ENOTDIR ? kNotFound : kNotExecutable,
        fmt::format("cannot run '{}': {}; check the path", printable(name), std::strerror(error)));
  }
  if (!S_ISREG(status.st_mode) || faccessat(AT_FDCWD, name.c_str(), X_OK, AT_EACCESS) != 0)
    throw CommandError(
        kNotExecutable,
        fmt::format("cannot run '{}': {}; name an executable file", printable(name),
                    S_ISREG(status.st_mode) ? std::strerror(errno) : "not a regular file"));
  return name;
}

std::string loaded_program(const std::string& program) {
  // As deep as the kernel goes (exec_binprm).
  constexpr int kMaxDepth = 5;
  std::string path = program;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    std::string interpreter = interpreter_of(path);
    if (interpreter.empty())
      break;
    path = std::move(interpreter);
  }
  return path;
}

std::string why_no_loader(const ElfFile& elf) {
  if (elf.packed)
    return {};
  if (elf.is_static())
    return "is static";
  const std::optional<ElfFile> interpreter =
      elf.interpreter.empty() ? std::nullopt : read_elf_file(elf.interpreter);
  // Loaders are shared objects; klibc's programs name one that is an executable of its own.
  if (interpreter && interpreter->type == ET_EXEC)
    return fmt::format("is started by {}", printable(elf.interpreter));
  return {};
}

std::vector<Obstacle> obstacles(const std::string& program, const std::string& loaded,
                                const Library& library) {
  const std::string subject =
      loaded == program ? printable(program)
                        : fmt::format("{}, which runs {},", printable(loaded), printable(program));
  const std::string open = "it runs unsealed";
  std::vector<Obstacle> found;
  const std::optional<ElfFile> elf = read_elf_file(loaded);
  const std::string no_loader = elf ? why_no_loader(*elf) : std::string{};
  const std::string reason = privilege(loaded);
  if (elf && !elf->same_machine(library.elf))
    found.push_back({fmt::format("{} is a {} program and the library is for {}", subject,
                                 describe_machine(*elf), describe_machine(library.elf)),
                     open, "a library built for it can be named with --library"});
  else if (!no_loader.empty() && !reason.empty())
    found.push_back({fmt::format("{} {} and {}, so that nothing can seal it as it starts", subject,
                                 reason, no_loader),
                     open,
                     "link it dynamically, and /etc/ld.so.preload reaches it; 'sealwax seal' does "
                     "once it runs"});
  else if (!no_loader.empty())
    found.push_back({fmt::format("{} {}, so that no loader reads LD_PRELOAD", subject, no_loader),
                     open, "link it dynamically", Obstacle::Kind::no_loader});
  else if (elf && minds_preloads(*elf))
    found.push_back(
        {subject + " is built with AddressSanitizer, which wants to be the first library",
         "it will end itself", "ASAN_OPTIONS=verify_asan_link_order=0 prevents that"});
  if (no_loader.empty() && !reason.empty())
    found.push_back({fmt::format("{} {}, so that its loader ignores LD_PRELOAD", subject, reason),
                     open, "/etc/ld.so.preload reaches it"});
  return found;
}

} // namespace sealwax::cli
