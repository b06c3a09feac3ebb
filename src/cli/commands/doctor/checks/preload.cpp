// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/output/output.hpp"
#include "cli/system/preload_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sealwax::cli {
namespace {

/// The file that ld.so opens for an entry with a slash.
std::string resolve(const SystemRoot& root, const std::string& entry) {
  const std::vector<std::string> paths = expand_lib(entry);
  const auto there = std::find_if(paths.begin(), paths.end(), [&](const std::string& path) {
    return root.open(path).has_value();
  });
  return there != paths.end() ? *there : paths.front();
}

Check check_entry(const SystemRoot& root, const std::string& entry) {
  const bool ours = is_sealwax(entry);
  const std::string name = ours ? "entry" : "other entry";
  const std::string shown = printable(entry);
  if (!entry.starts_with('/'))
    return entry.find('/') == std::string::npos && !ours
               ? note(name, fmt::format("{} has no path, and ld.so searches for it", shown))
               : finding(name,
                         fmt::format("{} is no absolute path: which file it is depends on the "
                                     "program's folder or its search path",
                                     shown),
                         "name the library by its absolute path");
  if (!root.open(resolve(root, entry)))
    return finding(name,
                   fmt::format("{} cannot be opened ({}): every program that starts prints an "
                               "error line",
                               shown, std::strerror(errno)),
                   ours ? "install the library there, or remove the entry"
                        : "remove the entry, or install what it names");
  return ours ? fine(name, fmt::format("{} is preloaded into every program", shown))
              : note(name, fmt::format("{} is preloaded too", shown));
}

/// Sealing comes before every constructor only for the first library in the list.
std::vector<Check> check_entries(const SystemRoot& root, const std::vector<std::string>& entries) {
  std::vector<Check> checks;
  checks.reserve(entries.size() + 1);
  for (const std::string& entry : entries)
    checks.push_back(check_entry(root, entry));
  const auto ours = std::count_if(entries.begin(), entries.end(), is_sealwax);
  if (ours == 0)
    checks.push_back(note("entry", "libsealwax.so is not in it: only what preloads it by itself "
                                   "is sealed"));
  if (ours > 1)
    checks.push_back(
        finding("entry", fmt::format("libsealwax.so is in it {} times", ours), "keep one of them"));
  return checks;
}

Check check_list_access(const SystemRoot& root, const OpenFile& file) {
  if (const std::string outsiders = open_to_others(root, file); !outsiders.empty())
    return finding("owner and mode",
                   outsiders + ": whoever may write it has every program load what they like",
                   "give the file and its folder to root, and chmod go-w");
  if ((file.status.st_mode & S_IROTH) == 0)
    return finding("owner and mode",
                   fmt::format("mode {:04o}: other users' programs do not read it",
                               file.status.st_mode & 07777U),
                   fmt::format("chmod 0644 {}", printable(root.shown(file.path))));
  return fine("owner and mode", "root alone can write it, and all can read it");
}

} // namespace

std::string preloaded_library(const SystemRoot& root) {
  for (const std::string& entry : preload_entries(root.text(deploy::kPreloadPath).value_or("")))
    if (is_sealwax(entry) && entry.starts_with('/'))
      return resolve(root, entry);
  return {};
}

namespace {

/// Which list a loader reads, by the text in its file. Empty: none, or it does not say.
std::string list_of_loader(std::string_view image) {
  constexpr std::string_view kName = "/ld.so.preload";
  const std::size_t at = image.find(kName);
  if (at == image.npos)
    return {};
  const std::size_t begin = image.rfind('\0', at) + 1;
  return std::string{image.substr(begin, at + kName.size() - begin)};
}

/// A C library that was built for another prefix than /usr has a list of its own.
void add_loader(const SystemRoot& root, CheckGroup& group) {
  const std::optional<OpenFile> shell = root.open("/bin/sh");
  const std::optional<ElfFile> elf =
      shell ? try_read_elf(shell->descriptor.number()) : std::nullopt;
  if (!elf || elf->interpreter.empty())
    return;
  const std::string list = list_of_loader(root.text(elf->interpreter).value_or(""));
  if (!list.empty() && list != deploy::kPreloadPath)
    group.checks.push_back(
        note("loader",
             fmt::format("{} reads {}, and what /etc/ld.so.preload says does not "
                         "reach its programs",
                         printable(elf->interpreter), printable(list)),
             "put the entry into that file by hand"));
}

CheckGroup check_list(const SystemRoot& root) {
  const std::optional<OpenFile> file = root.open(deploy::kPreloadPath);
  if (!file && errno == ENOENT)
    return {deploy::kPreloadPath,
            {note("entry", "there is no such file: only what preloads libsealwax.so by itself is "
                           "sealed")}};
  const std::optional<std::string> text = file ? read_all(file->descriptor.number()) : std::nullopt;
  if (!text)
    return {deploy::kPreloadPath,
            {unknown("entry", fmt::format("cannot be read: {}", std::strerror(errno)),
                     "look as root")}};
  CheckGroup group{deploy::kPreloadPath, check_entries(root, preload_entries(*text))};
  group.checks.push_back(check_list_access(root, *file));
  return group;
}

} // namespace

CheckGroup check_preload(const SystemRoot& root) {
  CheckGroup group = check_list(root);
  add_loader(root, group);
  return group;
}

} // namespace sealwax::cli
