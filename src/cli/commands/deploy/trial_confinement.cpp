// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/deploy/trial_confinement.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/system/descriptor.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <sched.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace sealwax::cli {
namespace {

/// By their nature these hold nothing of the host. None can be made in a user namespace: they are
/// the host's own, shown there and only to be read and written.
constexpr std::array kDevices = {"null", "zero", "full", "random", "urandom", "tty"};

constexpr std::string_view kHostName = "trial";

constexpr unsigned kBareMount = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

[[noreturn]] void fail_to(std::string_view what) {
  const int error = errno;
  const bool refused = error == EPERM || error == EACCES || error == ENOSPC;
  throw CommandError(fmt::format("cannot {}: {}; {}", what, std::strerror(error),
                                 refused ? "run it as root, where namespaces are allowed"
                                         : "nothing was changed"));
}

void write_own(const char* path, const std::string& text) {
  const Descriptor file{open(path, O_WRONLY | O_CLOEXEC)};
  if (!file.open() || write(file.number(), text.data(), text.size()) < 0)
    fail_to(fmt::format("write {}", path));
}

/// Makes this user root in the new user namespace: all that the kernel lets somebody without rights
/// say of it (user_namespaces(7)).
void become_its_root(uid_t user, gid_t group) {
  write_own("/proc/self/setgroups", "deny");
  write_own("/proc/self/uid_map", fmt::format("0 {} 1", user));
  write_own("/proc/self/gid_map", fmt::format("0 {} 1", group));
}

/// A mount of a file system of its own, which is nowhere yet.
Descriptor new_mount(const char* type, const char* mode, unsigned attributes) {
  const Descriptor context{fsopen(type, FSOPEN_CLOEXEC)};
  const bool ready =
      context.open() &&
      (mode == nullptr || fsconfig(context.number(), FSCONFIG_SET_STRING, "mode", mode, 0) == 0) &&
      fsconfig(context.number(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
  Descriptor mounted{ready ? fsmount(context.number(), FSMOUNT_CLOEXEC, attributes) : -1};
  if (!mounted.open())
    fail_to(fmt::format("mount a {} for the trial", type));
  return mounted;
}

/// A file of the host's, as a mount that is nowhere yet.
Descriptor hosts_file(const std::string& path) {
  return Descriptor{
      open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW)};
}

/// False: the image has a link there, or nothing. Then its programs do without.
bool put_at(const Descriptor& mounted, const char* place) {
  struct stat status = {};
  if (lstat(place, &status) != 0 || !S_ISDIR(status.st_mode))
    return false;
  if (move_mount(mounted.number(), "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) != 0)
    fail_to(fmt::format("mount the trial's {}", place));
  return true;
}

/// A folder with the devices, before the host's are out of reach.
class Devices {
public:
  Devices() : folder_(new_mount("tmpfs", "0755", kBareMount)) {
    for (std::size_t i = 0; i < kDevices.size(); ++i) {
      devices_[i] = hosts_file(fmt::format("/dev/{}", kDevices[i]));
      if (devices_[i].open() && mknodat(folder_.number(), kDevices[i], S_IFREG | 0600, 0) != 0)
        fail_to(fmt::format("make the trial's /dev/{}", kDevices[i]));
    }
    for (const auto& [name, target] :
         {std::pair{"fd", "/proc/self/fd"}, std::pair{"stdin", "/proc/self/fd/0"},
          std::pair{"stdout", "/proc/self/fd/1"}, std::pair{"stderr", "/proc/self/fd/2"}})
      if (symlinkat(target, folder_.number(), name) != 0)
        fail_to(fmt::format("make the trial's /dev/{}", name));
  }

  void put_at_dev() {
    if (!put_at(folder_, "/dev"))
      return;
    for (std::size_t i = 0; i < kDevices.size(); ++i)
      if (devices_[i].open() && move_mount(devices_[i].number(), "", folder_.number(), kDevices[i],
                                           MOVE_MOUNT_F_EMPTY_PATH) != 0)
        fail_to(fmt::format("show /dev/{} to the trial", kDevices[i]));
    // The files of the devices are the host's: their mode and owner are not to be changed either.
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    if (mount_setattr(folder_.number(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                      sizeof attributes) != 0)
      fail_to("close the trial's /dev");
  }

private:
  Descriptor folder_;
  std::array<Descriptor, kDevices.size()> devices_;
};

/// Makes the working directory, which is a mount, the root directory of this namespace.
bool pivot() {
  if (syscall(SYS_pivot_root, ".", ".") == 0)
    return umount2(".", MNT_DETACH) == 0;
  // What an initramfs was unpacked into cannot be taken away, only covered (switch_root(8)).
  return errno == EINVAL && mount(".", "/", nullptr, MS_MOVE, nullptr) == 0 && chroot(".") == 0;
}

} // namespace

void enter_namespaces() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  const int owned = user == 0 ? 0 : CLONE_NEWUSER;
  if (unshare(owned | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
              CLONE_NEWCGROUP) != 0)
    fail_to("make namespaces of its own for the trial");
  if (owned != 0)
    become_its_root(user, group);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // or it ends when the last program has
  const pid_t first = fork();
  if (first < 0)
    fail_to("make a process for the trial");
  if (first > 0) {
    while (waitpid(first, nullptr, 0) < 0 && errno == EINTR) {
    }
    _exit(0);
  }
  // Not dumpable: it has the host's files open, or mapped, and the programs find it as PID 1.
  if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
      sethostname(kHostName.data(), kHostName.size()) != 0)
    fail_to("close off the trial");
  // Where this is refused, so it is to the programs, and there are no keys to hide.
  (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
}

void enter_image(const std::string& root) {
  // Made while the host's /proc is in sight, which the kernel wants of a user namespace.
  const Descriptor proc = new_mount("proc", nullptr, kBareMount | MOUNT_ATTR_RDONLY);
  const Descriptor sys = new_mount("tmpfs", "0755", kBareMount | MOUNT_ATTR_RDONLY);
  const Descriptor run = new_mount("tmpfs", "0755", kBareMount | MOUNT_ATTR_RDONLY);
  Devices devices;
  if (mount(root.c_str(), root.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0 ||
      chdir(root.c_str()) != 0 || !pivot() || chdir("/") != 0)
    fail_to(fmt::format("enter {}", root));
  put_at(proc, "/proc");
  put_at(sys, "/sys");
  put_at(run, "/run");
  devices.put_at_dev();
}

bool leave_nothing_to_gain(bool setuid_counts) {
  // Up to the first that this kernel does not know.
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
    if (prctl(PR_CAPBSET_DROP, capability) != 0)
      return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, own) != 0)
    return false;
  for (__user_cap_data_struct& half : own)
    half.inheritable = 0; // and with it the ambient ones
  return syscall(SYS_capset, &header, own) == 0 &&
         (setuid_counts || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

} // namespace sealwax::cli
