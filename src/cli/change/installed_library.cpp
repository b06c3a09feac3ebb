// SPDX-License-Identifier: Apache-2.0
#include "cli/change/installed_library.hpp"

#include "cli/arch/arch.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/elf/library_search.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "deploy/places.hpp"
#include "deploy/preload_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <filesystem>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// Where this build was to be installed, and where Debian, Fedora and its like, and Arch's like
/// have their libraries.
std::vector<std::string> library_folders() {
  std::vector<std::string> folders{"/usr/lib/" SEALWAX_MULTIARCH, "/usr/lib64", "/usr/lib"};
  std::erase(folders, SEALWAX_LIBRARY_FOLDER);
  folders.emplace(folders.begin(), SEALWAX_LIBRARY_FOLDER);
  return folders;
}

std::string below(const std::string& root, const std::string& path) {
  return root == "/" ? path : root + path;
}

/// By $LIB where that is the last part of its folder.
InstalledLibrary named(const std::string& root, const std::string& path) {
  const std::optional<std::string> lib = meaning_of_lib(SystemRoot{root});
  const std::string end = fmt::format("/{}/{}", lib.value_or(""), deploy::kLibraryName);
  if (!lib || !path.ends_with(end))
    return {path, path};
  return {path, fmt::format("{}/$LIB/{}", path.substr(0, path.size() - end.size()),
                            deploy::kLibraryName)};
}

/// Findings about one library, in the order in which they were made.
class Examination {
public:
  Examination(const std::string& root, const InstalledLibrary& library)
      : root_(root), library_(library) {}

  std::vector<std::string> findings() {
    check_name();
    std::error_code error;
    file_ = std::filesystem::canonical(below(root_, library_.path), error).string();
    if (error) {
      find("{}: {}; install it there", library_.path, std::strerror(error.value()));
      return findings_;
    }
    check_place();
    check_file();
    check_elf();
    return findings_;
  }

private:
  template <typename... Values>
  void find(fmt::format_string<Values...> format, Values&&... values) {
    findings_.push_back(printable(fmt::format(format, std::forward<Values>(values)...)));
  }

  /// ld.so splits the file at these, and reads no further than a `#`.
  void check_name() {
    if (library_.path.find_first_of(": \t\n#") != std::string::npos)
      find("{}: /etc/ld.so.preload holds no path with a colon, a blank or a '#'; put the library "
           "elsewhere",
           library_.path);
    if (!deploy::is_own(library_.path))
      find("{} is not named {}, by which uninstall would know it; rename it", library_.path,
           deploy::kLibraryName);
  }

  /// Other folders can be missing, or anybody's, while programs already start.
  void check_place() {
    const std::string inside = root_ == "/" ? file_ : file_.substr(root_.size());
    const bool within = root_ == "/" || file_.starts_with(root_ + "/");
    if (!within || !is_early_place(SystemRoot{root_}, inside))
      find("{} is not under /usr/lib but is {}; install it there", library_.path,
           within ? inside : file_);
    for (std::filesystem::path folder = std::filesystem::path{file_}.parent_path();;
         folder = folder.parent_path()) {
      check_owner(folder.string());
      if (folder == root_ || folder == folder.root_path())
        return;
    }
  }

  void check_file() {
    check_owner(file_);
    struct stat status = {};
    if (stat(file_.c_str(), &status) != 0)
      return;
    if (!S_ISREG(status.st_mode))
      find("{} is not a regular file; install the library there", file_);
    if ((status.st_mode & S_IROTH) == 0)
      find("{} has mode {:04o}, so that only some users' programs could load it; chmod 0644 it",
           file_, status.st_mode & 07777);
  }

  void check_owner(const std::string& path) {
    struct stat status = {};
    if (stat(path.c_str(), &status) != 0)
      find("{}: {}; see that root may look at it", path, std::strerror(errno));
    else if (status.st_uid != 0)
      find("{} belongs to user {}, who could put anything there; chown it to root", path,
           status.st_uid);
    else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
      find("{} has mode {:04o}, so that others than root may write it; chmod go-w it", path,
           status.st_mode & 07777);
  }

  void check_elf() {
    const std::optional<ElfFile> elf = read_elf_file(file_);
    if (!elf || elf->type != ET_DYN || !elf->interpreter.empty()) {
      find("{} is not a shared object; install the library there", file_);
      return;
    }
    const std::optional<ElfFile> shell = read_elf_file(below(root_, "/bin/sh"));
    if (shell && !elf->same_machine(*shell))
      find("{} is for {} and the system's /bin/sh for {}; install the one for that", file_,
           describe_machine(*elf), describe_machine(*shell));
    if (elf->soname != deploy::kLibraryName)
      find("{} calls itself '{}' and not {}; install Sealwax's there", file_, elf->soname,
           deploy::kLibraryName);
    if (!elf->needed.empty())
      find("{} needs {}: where that is missing, no program starts; install Sealwax's own build",
           file_, fmt::join(elf->needed, ", "));
  }

  const std::string& root_;
  const InstalledLibrary& library_;
  std::string file_; ///< where the links of its path lead, as this process has it
  std::vector<std::string> findings_;
};

} // namespace

bool is_early_place(const SystemRoot& root, const std::filesystem::path& library) {
  if (library.string().starts_with("/usr/lib"))
    return true;
  // Units with ProtectHome= or PrivateTmp= lack other folders.
  constexpr std::string_view kOwn{SEALWAX_LIBRARY_FOLDER};
  if (library.parent_path() != kOwn || !(kOwn.starts_with("/usr/") || kOwn.starts_with("/opt/")))
    return false;
  const std::optional<OpenFile> folder = root.open(std::string{kOwn});
  const std::optional<OpenFile> system = root.open("/usr/lib");
  return folder && system && folder->status.st_dev == system->status.st_dev;
}

InstalledLibrary find_installed_library(const std::string& root, const std::string& wanted) {
  if (!wanted.empty()) {
    if (!wanted.starts_with('/'))
      throw CommandError(kWrongUsage, fmt::format("--library takes an absolute path, which '{}' is "
                                                  "not",
                                                  printable(wanted)));
    return named(root, wanted);
  }
  const std::vector<std::string> folders = library_folders();
  for (const std::string& folder : folders)
    if (const std::string path = fmt::format("{}/{}", folder, deploy::kLibraryName);
        access(below(root, path).c_str(), F_OK) == 0)
      return named(root, path);
  throw CommandError(kFindings,
                     fmt::format("there is no {} in {}; install it, or name it with --library FILE",
                                 deploy::kLibraryName, fmt::join(folders, ", ")));
}

std::vector<std::string> library_findings(const std::string& root,
                                          const InstalledLibrary& library) {
  return Examination{root, library}.findings();
}

} // namespace sealwax::cli
