// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/policy/policy_lint.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/output/output.hpp"
#include "model/policy/glob.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace sealwax::cli {
namespace {

namespace fs = std::filesystem;
using Kind = PolicySection::Kind;

/// A glob that has to match a file.
struct Wanted {
  std::string glob;
  Place place;
  bool program = false; ///< by the path that the kernel has for what is executed
  bool matched = false;
};

/// The folder from which on a glob has to be looked for: all in front of its first wildcard.
std::string fixed_folder(std::string_view glob) {
  if (glob.find('/') == glob.npos)
    return "/";
  const std::string_view fixed = glob.substr(0, glob.find_first_of("*?[\\"));
  const std::size_t slash = fixed.rfind('/');
  return slash == fixed.npos ? "/" : std::string{fixed.substr(0, slash + 1)};
}

class FileSearch {
public:
  FileSearch(const SystemRoot& root, std::vector<Wanted>& wanted) : root_(root), wanted_(wanted) {
    find_aliases();
  }

  void run() {
    std::set<std::string> folders;
    for (Wanted& wanted : wanted_) {
      wanted.matched = is_literal(wanted.glob) && wanted.glob.starts_with('/') && is_there(wanted);
      if (!wanted.matched && !is_path(wanted.glob))
        folders.insert(fixed_folder(wanted.glob));
    }
    // All the others lie below it.
    if (folders.contains("/"))
      folders = {"/"};
    for (const std::string& folder : folders)
      walk(folder);
  }

private:
  static bool is_path(std::string_view glob) { return is_literal(glob) && glob.starts_with('/'); }

  bool is_there(const Wanted& wanted) const {
    const std::optional<OpenFile> file = root_.open(wanted.glob);
    return file && S_ISREG(file->status.st_mode) && (!wanted.program || file->path == wanted.glob);
  }

  /// Merged systems have /lib -> usr/lib: the loader then knows libraries by the shorter path.
  void find_aliases() {
    for (const std::string& name : root_.names("/"))
      if (const std::optional<OpenFile> folder = root_.open('/' + name);
          folder && S_ISDIR(folder->status.st_mode) && folder->path != '/' + name)
        aliases_.emplace_back(folder->path + '/', '/' + name + '/');
  }

  /// What only the kernel has files in, and what is gone with the next start.
  static bool is_volatile(const std::string& path) {
    return path == "/proc" || path == "/sys" || path == "/dev" || path == "/run";
  }

  void walk(const std::string& folder) {
    const std::optional<OpenFile> opened = root_.open(folder);
    if (!opened)
      return;
    const std::string real = opened->path == "/" ? "" : opened->path;
    const std::string base = root_.shown(real);
    const std::string shown = folder.substr(0, folder.size() - 1);
    std::error_code error;
    fs::recursive_directory_iterator at{base.empty() ? "/" : base,
                                        fs::directory_options::skip_permission_denied, error};
    for (; !error && at != fs::recursive_directory_iterator{} && !all_matched();
         at.increment(error)) {
      const std::string rest = at->path().string().substr(base.size());
      std::error_code ignored;
      const fs::file_status status = at->symlink_status(ignored);
      if (fs::is_directory(status) && is_volatile(real + rest))
        at.disable_recursion_pending();
      if (fs::is_regular_file(status) || fs::is_symlink(status))
        match(real + rest, shown + rest, status);
    }
  }

  /// `path`: without links in front of its last component. `name`: as it was looked for.
  void match(const std::string& path, const std::string& name, const fs::file_status& status) {
    const bool executable =
        fs::is_regular_file(status) && (status.permissions() & fs::perms{0111}) != fs::perms::none;
    for (Wanted& wanted : wanted_) {
      if (wanted.matched)
        continue;
      if (wanted.program)
        wanted.matched = executable && glob_matches(wanted.glob, path);
      else
        wanted.matched = glob_matches(wanted.glob, path) || glob_matches(wanted.glob, name) ||
                         matches_alias(wanted.glob, path);
    }
  }

  bool matches_alias(std::string_view glob, const std::string& path) const {
    return std::any_of(aliases_.begin(), aliases_.end(), [&](const auto& alias) {
      return path.starts_with(alias.first) &&
             glob_matches(glob, alias.second + path.substr(alias.first.size()));
    });
  }

  bool all_matched() const {
    return std::all_of(wanted_.begin(), wanted_.end(),
                       [](const Wanted& wanted) { return wanted.matched || is_path(wanted.glob); });
  }

  const SystemRoot& root_;
  std::vector<Wanted>& wanted_;
  std::vector<std::pair<std::string, std::string>> aliases_; ///< from a folder's path to a shorter
};

std::vector<Wanted> wanted_globs(std::span<const PolicySection> sections) {
  std::vector<Wanted> wanted;
  for (const PolicySection& section : sections) {
    if (section.kind != Kind::defaults)
      wanted.push_back({section.glob, section.glob_place, section.kind == Kind::program});
    if (const PolicyEntry* entry = section.entry(Key::only_in))
      wanted.push_back({entry->value, entry->value_place, true});
  }
  return wanted;
}

std::string explain_unmatched(const Wanted& wanted, const SystemRoot& root) {
  const std::string glob = printable(wanted.glob);
  if (wanted.program && is_literal(wanted.glob))
    if (const std::optional<OpenFile> file = root.open(wanted.glob);
        file && wanted.glob.starts_with('/') && S_ISREG(file->status.st_mode))
      return fmt::format("'{}' matches no program: the kernel calls that one {}; name it so", glob,
                         printable(file->path));
  return fmt::format("'{}' matches no {}; check the path", glob,
                     wanted.program ? "program that is here" : "file that is here");
}

/// An object that is a program by itself is loaded in that program alone.
void look_for_contradictions(std::span<const PolicySection> sections, const SystemRoot& root,
                             std::vector<PolicyWarning>& warnings) {
  for (const PolicySection& section : sections) {
    const std::optional<std::string> only_in = section.only_in();
    if (!only_in || !is_literal(section.glob) || !section.glob.starts_with('/'))
      continue;
    const std::optional<OpenFile> file = root.open(section.glob);
    const std::optional<ElfFile> elf =
        file ? try_read_elf(file->descriptor.number()) : std::nullopt;
    // The C library names a loader too.
    if (elf && !elf->interpreter.empty() && elf->soname.empty() &&
        !glob_matches(*only_in, file->path))
      warnings.push_back(
          {section.entry(Key::only_in)->value_place,
           fmt::format(
               "{} can never hold: {} is a program, which is an object of itself alone, and "
               "only-in excludes it; remove only-in or change it",
               printable(section.header()), printable(file->path))});
  }
}

/// What a [program] section for one file should know of that file.
std::optional<PolicyWarning> remark_on_program(const PolicySection& section,
                                               const SystemRoot& root) {
  const std::optional<OpenFile> file = root.open(section.glob);
  if (!file || !S_ISREG(file->status.st_mode))
    return std::nullopt;
  try {
    const ElfFile elf = read_elf(file->descriptor.number());
    if (elf.is_static() && !elf.packed)
      return PolicyWarning{
          section.glob_place,
          fmt::format("{} is static, so that no library is loaded into it: what this section says "
                      "of mode, seal, relro and text holds where 'sealwax run' or 'sealwax seal' "
                      "seals it",
                      printable(section.glob)),
          true};
  } catch (const ScriptError& error) {
    return PolicyWarning{section.glob_place,
                         fmt::format("'{}' matches no program: it {}, and a script's program is "
                                     "what runs it; name that",
                                     printable(section.glob), error.what())};
  } catch (const ElfError&) { // It is no program, of which the globs' search tells.
  }
  return std::nullopt;
}

} // namespace

std::vector<PolicyWarning> unmatched_globs(std::span<const PolicySection> sections,
                                           const SystemRoot& root) {
  std::vector<Wanted> wanted = wanted_globs(sections);
  FileSearch{root, wanted}.run();
  std::vector<PolicyWarning> warnings;
  for (const PolicySection& section : sections)
    if (section.kind == Kind::program && is_literal(section.glob) && section.glob.starts_with('/'))
      if (std::optional<PolicyWarning> remark = remark_on_program(section, root))
        warnings.push_back(std::move(*remark));
  for (const Wanted& glob : wanted)
    if (!glob.matched)
      warnings.push_back({glob.place, explain_unmatched(glob, root)});
  look_for_contradictions(sections, root, warnings);
  return warnings;
}

} // namespace sealwax::cli
