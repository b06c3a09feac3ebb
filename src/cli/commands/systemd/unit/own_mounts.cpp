// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/own_mounts.hpp"

#include "deploy/preload_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sealwax::cli {
namespace {

constexpr std::string_view kSessions =
    "starts sessions, whose mounts the rest of the system would not see";
constexpr std::string_view kContainers =
    "starts containers, whose mounts the rest of the system would not see";
constexpr std::string_view kMounts =
    "mounts file systems, which the rest of the system would not see";

struct Kind {
  std::string_view stem; ///< of its name, in front of an @
  std::string_view reason;
};

constexpr std::array kKinds = std::to_array<Kind>({
    {"anacron", kSessions},
    {"atd", kSessions},
    {"autofs", kMounts},
    {"autovt", kSessions},
    {"buildkit", kContainers},
    {"cloud-init", kMounts},
    {"cloud-init-local", kMounts},
    {"console-getty", kSessions},
    {"container-getty", kSessions},
    {"containerd", kContainers},
    {"cri-o", kContainers},
    {"crio", kContainers},
    {"cron", kSessions},
    {"crond", kSessions},
    {"cronie", kSessions},
    {"debug-shell", kSessions},
    {"display-manager", kSessions},
    {"docker", kContainers},
    {"dropbear", kSessions},
    {"emergency", kSessions},
    {"gdm", kSessions},
    {"gdm3", kSessions},
    {"getty", kSessions},
    {"greetd", kSessions},
    {"incus", kContainers},
    {"k3s", kContainers},
    {"kubelet", kContainers},
    {"libvirtd", kContainers},
    {"lightdm", kSessions},
    {"lxc", kContainers},
    {"lxcfs", kMounts},
    {"lxd", kContainers},
    {"lxdm", kSessions},
    {"nomad", kContainers},
    {"podman", kContainers},
    {"rescue", kSessions},
    {"sddm", kSessions},
    {"serial-getty", kSessions},
    {"snapd", kMounts},
    {"ssh", kSessions},
    {"sshd", kSessions},
    {"systemd-homed", kMounts},
    {"systemd-logind", kSessions},
    {"systemd-machined", kContainers},
    {"systemd-nspawn", kContainers},
    {"systemd-remount-fs", kMounts},
    {"systemd-udevd", kMounts},
    {"udisks2", kMounts},
    {"user", kSessions},
    {"user-runtime-dir", kMounts},
    {"virtlxcd", kContainers},
    {"xdm", kSessions},
    {"xrdp-sesman", kSessions},
    {"zfs-mount", kMounts},
});

/// Empty: nothing is known of it.
std::string_view known_reason(const Unit& unit) {
  const std::string_view stem = stem_of(unit.name);
  const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(),
                                        [&](const Kind& known) { return known.stem == stem; });
  return kind == kKinds.end() ? std::string_view{} : kind->reason;
}

/// What gives a unit mounts of its own as it is.
bool has_own_mounts(const Unit& unit) {
  constexpr std::array kGiving = {"PrivateMounts", "PrivateTmp", "PrivateDevices"};
  const auto gives = [&](const char* key) { return unit.is_set(key); };
  return std::any_of(kGiving.begin(), kGiving.end(), gives);
}

} // namespace

std::string_view stem_of(std::string_view name) {
  name = name.substr(0, name.rfind('.'));
  return name.substr(0, name.find('@'));
}

bool starts_sessions(const Unit& unit) {
  return known_reason(unit) == kSessions;
}

std::string why_no_mounts_of_a_user(const SystemRoot& root, const Unit& unit) {
  // newuidmap(1), by which rootless containers start, is setuid.
  if (!unit.is_set("PrivateUsers"))
    return "is a user's, whose mounts would put it into a user namespace, where setuid programs "
           "gain nothing; a unit with PrivateUsers=yes is in one";
  if (!root.open(deploy::kPreloadPath))
    return fmt::format("is a user's, and there is no {}, which only root can make",
                       deploy::kPreloadPath);
  return why_no_own_mounts(unit);
}

std::string why_no_own_mounts(const Unit& unit) {
  if (const std::string image = unit.last("RootImage"); !image.empty())
    return "has its files in an image (RootImage=), which need not have a place for it";
  return has_own_mounts(unit) ? std::string{} : std::string{known_reason(unit)};
}

} // namespace sealwax::cli
