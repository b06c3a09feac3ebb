// SPDX-License-Identifier: Apache-2.0
#include "cli/change/installed_library.hpp"
#include "cli/commands/doctor/doctor.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/elf/library_version.hpp"
#include "cli/elf/preload_object.hpp"
#include "cli/output/output.hpp"
#include "model/version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

namespace sealwax::cli {
namespace {

std::string join(const std::vector<std::string>& words) {
  return printable(fmt::format("{}", fmt::join(words, ", ")));
}

Check check_library_access(const SystemRoot& root, const OpenFile& file) {
  const std::string name = "owner and mode";
  const unsigned mode = file.status.st_mode & 07777U;
  if (const std::string outsiders = open_to_others(root, file); !outsiders.empty())
    return finding(name,
                   outsiders + ": whoever may write the library runs code in every program "
                               "that preloads it",
                   "give the file and its folders to root, and chmod go-w");
  if ((mode & S_IROTH) == 0)
    return finding(name,
                   fmt::format("mode {:04o}: only root's programs are sealed, and others print an "
                               "error line",
                               mode),
                   fmt::format("chmod 0644 {}", printable(root.shown(file.path))));
  return fine(name, fmt::format("root's, mode {:04o}", mode));
}

/// What is elsewhere can be missing where the library is needed.
Check check_place(const SystemRoot& root, const OpenFile& file) {
  const std::string shown = printable(root.shown(file.path));
  if (file.path.find_first_of(": \t\n\v\f\r$") != std::string::npos)
    return finding("path",
                   fmt::format("{}: ld.so splits a list of libraries at colons and blanks", shown),
                   "put the library at a path that has none");
  for (const std::string_view folder : {"/usr/lib/", "/usr/lib64/", "/lib/", "/lib64/"})
    if (file.path.starts_with(folder))
      return fine("path", shown);
  if (is_early_place(root, file.path))
    return fine("path", shown);
  return finding("place",
                 fmt::format("{} is not below /usr/lib: early at boot, and to units with "
                             "ProtectHome=, PrivateTmp= or a root of their own, it can be missing",
                             shown),
                 "install it below /usr/lib (--prefix=/usr, or the package)");
}

/// The file of the C library, or of the tool itself where that is not to be found.
std::optional<ElfFile> reference(const SystemRoot& root) {
  for (const char* path : {"/bin/sh", "/lib64/libc.so.6", "/lib/libc.so.6"})
    if (const std::optional<OpenFile> file = root.open(path))
      if (std::optional<ElfFile> elf =
              read_elf_file(fmt::format("/proc/self/fd/{}", file->descriptor.number())))
        return elf;
  return std::nullopt;
}

Check check_class(const SystemRoot& root, const ElfFile& library) {
  const std::optional<ElfFile> programs = reference(root);
  if (programs && !programs->same_machine(library))
    return finding("class",
                   fmt::format("{}, and /bin/sh is {}: every program prints an error line",
                               describe_machine(library), describe_machine(*programs)),
                   "install the library that is built for this machine");
  return fine("class", describe_machine(library));
}

Check check_needs(const PreloadObject& object, const ElfFile& elf) {
  const std::string remedy = "do not preload this file: take one that Sealwax's own build made";
  if (!elf.needed.empty())
    return finding(
        "needs",
        fmt::format("{}: where that is missing, every program that starts dies", join(elf.needed)),
        remedy);
  if (object.needs_versions)
    return finding("needs",
                   "versions of symbols: where libc is older, every program that starts dies",
                   remedy);
  if (!object.undefined.empty())
    return finding("needs",
                   fmt::format("{}: where nobody defines that, every program that starts dies",
                               join(object.undefined)),
                   remedy);
  return fine("needs", "no other library, no version and no symbol of one");
}

/// Of two versions each can know keys of the policy, or fields of a report, that the other does
/// not.
Check check_version(const std::optional<std::string>& version) {
  const std::string name = "version";
  const std::string remedy = "install the library and the tool of one build";
  if (!version)
    return finding(name, "it tells none: it is older than this tool (" SEALWAX_VERSION ")", remedy);
  const auto order = compare_versions(*version, SEALWAX_VERSION);
  if (std::is_eq(order))
    return fine(name, printable(*version));
  return finding(name,
                 fmt::format("{} is {} than this tool ({})", printable(*version),
                             std::is_lt(order) ? "older" : "newer", SEALWAX_VERSION),
                 remedy);
}

} // namespace

CheckGroup check_library(const Patient& patient) {
  const SystemRoot& root = patient.root;
  const std::string shown = printable(root.shown(patient.library));
  if (patient.library.empty())
    return {"library",
            {finding("file", "libsealwax.so is nowhere to be found",
                     "install it, or name it with --library FILE")}};
  const std::optional<OpenFile> file = root.open(patient.library);
  if (!file) {
    const std::string fact = fmt::format("cannot open {}: {}", shown, std::strerror(errno));
    if (errno == EACCES)
      return {"library", {unknown("file", fact, "look as root")}};
    return {"library", {finding("file", fact, "install it, or name another with --library FILE")}};
  }
  const std::optional<ElfFile> elf =
      read_elf_file(fmt::format("/proc/self/fd/{}", file->descriptor.number()));
  const std::optional<PreloadObject> object = read_preload_object(file->descriptor.number());
  if (object && !object->whole)
    return {"library",
            {finding("file",
                     fmt::format("{} is cut short: every program that preloads it dies of SIGBUS",
                                 shown),
                     "replace it now, by mv from the same folder, not by cp")}};
  if (!elf || !object || elf->type != ET_DYN || !elf->interpreter.empty())
    return {"library",
            {finding("file", fmt::format("{} is no shared object", shown),
                     "remove it from every LD_PRELOAD and /etc/ld.so.preload, and install the "
                     "library")}};
  CheckGroup group{"library", {}};
  group.checks.push_back(fine("file", fmt::format("{} is whole", shown)));
  for (const Check& check :
       {check_place(root, *file), check_library_access(root, *file), check_class(root, *elf),
        check_needs(*object, *elf), check_version(read_library_version(file->descriptor.number()))})
    group.checks.push_back(check);
  return group;
}

} // namespace sealwax::cli
