// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/deploy/trial_mounts.hpp"

#include "cli/commands/deploy/trial_confinement.hpp"
#include "cli/system/descriptor.hpp"
#include "deploy/preload_file.hpp"

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sched.h>
#include <string_view>
#include <unistd.h>

namespace sealwax::cli {
namespace {

std::string problem(std::string_view what) {
  return fmt::format("cannot {}: {}; {}", what, std::strerror(errno),
                     errno == EPERM ? "run it as root, where mounts are allowed"
                                    : "nothing was changed");
}

/// A mount can carry a directory or a file, and hides it: what it carries only has to be there.
bool make_place(int folder, const char* name, bool for_directory) {
  if (for_directory)
    return mkdirat(folder, name, 0700) == 0;
  return mknodat(folder, name, S_IFREG | 0600, 0) == 0;
}

bool bind(int from, int to, const char* name) {
  const Descriptor tree{open_tree(
      from, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW | AT_RECURSIVE)};
  return tree.open() && move_mount(tree.number(), "", to, name, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

bool copy_link(int from, int to, const char* name) {
  char target[PATH_MAX];
  const ssize_t size = readlinkat(from, name, target, sizeof target - 1);
  if (size < 0)
    return false;
  target[size] = '\0';
  return symlinkat(target, to, name) == 0;
}

/// Shows in folder `to` what `from` has under that name.
bool mirror(int from, int to, const char* name) {
  struct stat status = {};
  if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT; // It has gone meanwhile.
  if (S_ISLNK(status.st_mode))
    return copy_link(from, to, name);
  return make_place(to, name, S_ISDIR(status.st_mode)) && bind(from, to, name);
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

/// Shows in folder `to` all of `from` but the file to be tried. Empty, or what went wrong.
std::string mirror_all(int from, int to, std::string_view but) {
  const std::unique_ptr<DIR, CloseFolder> folder{fdopendir(dup(from))};
  if (!folder)
    return problem("read /etc");
  for (;;) {
    errno = 0; // by which readdir(3) tells an error from the end
    const dirent* const entry = readdir(folder.get());
    if (entry == nullptr)
      return errno == 0 ? std::string{} : problem("read /etc");
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name != but && !mirror(from, to, entry->d_name))
      return problem(fmt::format("show /etc/{} to the trial", name));
  }
}

std::string write_file(int folder, const std::string& name, const std::string& text, mode_t mode) {
  const Descriptor file{
      openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file.open() || fchmod(file.number(), mode) != 0 ||
      write(file.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return problem("write the trial's " + name);
  return {};
}

/// Covers /etc with a folder that looks the same but for ld.so.preload. The file alone cannot be
/// covered: mostly there is none yet.
std::string cover_etc(const std::optional<std::string>& text) {
  const std::string name = std::filesystem::path{deploy::kPreloadPath}.filename();
  const Descriptor real{open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!real.open())
    return problem("open /etc");
  struct stat status = {};
  const mode_t mode =
      fstatat(real.number(), name.c_str(), &status, 0) == 0 ? status.st_mode & 07777 : 0644;
  if (mount("sealwax-trial", "/etc", "tmpfs", 0, "mode=755") != 0)
    return problem("mount a tmpfs for the trial");
  const Descriptor shown{open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  std::string wrong = mirror_all(real.number(), shown.number(), name);
  if (wrong.empty() && text)
    wrong = write_file(shown.number(), name, *text, mode);
  return wrong;
}

} // namespace

std::string enter_trial_mounts(const std::string& root, const std::optional<std::string>& text) {
  if (root != "/")
    enter_namespaces();
  else if (unshare(CLONE_NEWNS) != 0)
    return problem("make mounts of its own for the trial");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return errno == EINVAL ? "cannot try it in a chroot, where mounts could reach what is outside; "
                             "name the system with --root from there"
                           : problem("make its mounts private");
  if (root != "/")
    enter_image(root);
  if (chdir("/") != 0)
    return problem("enter /");
  return cover_etc(text);
}

} // namespace sealwax::cli
