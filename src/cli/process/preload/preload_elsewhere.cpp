// SPDX-License-Identifier: Apache-2.0
#include "cli/process/preload/preload_elsewhere.hpp"

#include "cli/process/process_facts.hpp"
#include "cli/system/preload_list.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace sealwax::cli {
namespace {

constexpr std::array kGlibcLoaders = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};
constexpr std::array kMuslLoaders = {"/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1"};
/// What Docker and Podman put there.
constexpr std::array kContainerFiles = {"/.dockerenv", "/run/.containerenv"};
/// How container managers begin the names of their control groups.
constexpr std::array<std::string_view, 7> kContainerGroups = {
    "docker-", "libpod-", "crio-", "cri-containerd-", "kubepods", "machine-", "systemd-nspawn@"};

bool sees_own_files(const Process& process) {
  const std::optional<std::string> mounts = process.link("ns/mnt");
  return mounts && (mounts != Process{getpid()}.link("ns/mnt") || process.link("root") != "/");
}

template <typename Paths>
bool has_any(const Process& process, const Paths& paths) {
  return std::any_of(paths.begin(), paths.end(),
                     [&](const auto& path) { return process.open_in_root(path).open(); });
}

std::vector<std::string> own_entries(const Descriptor& list) {
  std::vector<std::string> entries = list.open()
                                         ? preload_entries(read_all(list.number()).value_or(""))
                                         : std::vector<std::string>{};
  std::erase_if(entries, [](const std::string& entry) { return !is_sealwax(entry); });
  return entries;
}

bool is_there(const Process& process, const std::vector<std::string>& entries) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const std::string& entry) { return has_any(process, expand_lib(entry)); });
}

bool preloads_by_itself(const Process& process) {
  const std::vector<std::string> entries =
      preload_entries(process.environment("LD_PRELOAD").value_or(""));
  return std::any_of(entries.begin(), entries.end(), is_sealwax);
}

bool has_group(const std::vector<std::string>& path, std::string_view begin) {
  return std::any_of(path.begin(), path.end(), [begin](const std::string& component) {
    return component.starts_with(begin);
  });
}

/// What runs beside this tool in one container sees the same file, and is in no other.
bool has_other_file(const Process& process, const char* path) {
  const Descriptor file = process.open_in_root(path);
  const Descriptor own = Process{getpid()}.open_in_root(path);
  struct stat there = {};
  struct stat here = {};
  if (!file.open() || fstat(file.number(), &there) != 0)
    return false;
  return !own.open() || fstat(own.number(), &here) != 0 || there.st_dev != here.st_dev ||
         there.st_ino != here.st_ino;
}

std::vector<std::string> groups_of(const Process& process) {
  return cgroup_path(process.text("cgroup").value_or(""));
}

bool is_in_container(const Process& process) {
  if (std::any_of(kContainerFiles.begin(), kContainerFiles.end(),
                  [&](const char* path) { return has_other_file(process, path); }))
    return true;
  const std::vector<std::string> path = groups_of(process);
  const std::vector<std::string> own = groups_of(Process{getpid()});
  return std::any_of(kContainerGroups.begin(), kContainerGroups.end(), [&](std::string_view begin) {
    return has_group(path, begin) && !has_group(own, begin);
  });
}

} // namespace

PreloadElsewhere preload_elsewhere(const Process& process) {
  using enum PreloadElsewhere;
  if (!sees_own_files(process))
    return nothing_missing;
  const Descriptor systems{open(deploy::kPreloadPath, O_RDONLY | O_CLOEXEC)};
  if (own_entries(systems).empty() || preloads_by_itself(process))
    return nothing_missing;
  const bool glibc = has_any(process, kGlibcLoaders);
  if (!glibc && !has_any(process, kMuslLoaders))
    return nothing_missing;
  if (!glibc)
    return not_read;
  const Descriptor list = process.open_in_root(deploy::kPreloadPath);
  if (!list.open())
    return no_list;
  const std::vector<std::string> entries = own_entries(list);
  if (entries.empty())
    return other_list;
  return is_there(process, entries) ? nothing_missing : no_library;
}

Elsewhere elsewhere(const Process& process) {
  const std::vector<std::string> path = groups_of(process);
  if (process.open_in_root("/.flatpak-info").open())
    return Elsewhere::flatpak;
  if (has_group(path, "snap."))
    return Elsewhere::snap;
  if (is_in_container(process))
    return Elsewhere::container;
  if (process.link("root") != "/")
    return Elsewhere::root_directory;
  const std::string unit = unit_of(path);
  // What a user runs is in the service of his manager.
  return unit.ends_with(".service") && !unit.starts_with("user@") ? Elsewhere::unit
                                                                  : Elsewhere::sandbox;
}

std::string_view describe(PreloadElsewhere preload) {
  switch (preload) {
  case PreloadElsewhere::nothing_missing:
    break;
  case PreloadElsewhere::no_list:
    return "where it runs there is no /etc/ld.so.preload, so that what it executes is not sealed";
  case PreloadElsewhere::other_list:
    return "where it runs /etc/ld.so.preload does not name the library, so that what it executes "
           "is "
           "not sealed";
  case PreloadElsewhere::no_library:
    return "where it runs /etc/ld.so.preload names the library, which is not there: what it "
           "executes "
           "prints an error line, and is not sealed";
  case PreloadElsewhere::not_read:
    return "where it runs the C library is musl, which reads no /etc/ld.so.preload, so that what "
           "it "
           "executes is not sealed";
  }
  return {};
}

} // namespace sealwax::cli
