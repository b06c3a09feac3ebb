// SPDX-License-Identifier: Apache-2.0
#include "cli/process/remote_files.hpp"

#include "cli/process/mountinfo.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sealwax::cli {
namespace {

constexpr std::string_view kRemote[] = {
    "9p",      "afs",       "beegfs",   "ceph",  "cifs",   "coda",  "fuse",
    "fuseblk", "glusterfs", "gfs2",     "gpfs",  "lustre", "ncpfs", "nfs",
    "nfs4",    "ocfs2",     "orangefs", "pvfs2", "smb3",   "smbfs", "virtiofs",
};

bool is_remote(std::string_view type) {
  return std::find(std::begin(kRemote), std::end(kRemote), type.substr(0, type.find('.'))) !=
         std::end(kRemote);
}

/// "0:42"
std::optional<std::uint64_t> device_of(std::string_view text) {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  const char* end = text.data() + text.size();
  const auto [colon, error] = std::from_chars(text.data(), end, major);
  if (error != std::errc{} || colon == end || *colon != ':')
    return std::nullopt;
  const auto [stop, second] = std::from_chars(colon + 1, end, minor);
  return second == std::errc{} && stop == end ? std::optional{major << 32U | minor} : std::nullopt;
}

template <typename Predicate>
std::set<std::uint64_t> devices_whose_type(std::string_view mountinfo, Predicate is_wanted) {
  std::set<std::uint64_t> devices;
  for (const Mount& mount : mounts_in(mountinfo))
    if (is_wanted(mount.type))
      if (const std::optional<std::uint64_t> device = device_of(mount.device))
        devices.insert(*device);
  return devices;
}

} // namespace

std::set<std::uint64_t> remote_devices(std::string_view mountinfo) {
  return devices_whose_type(mountinfo, is_remote);
}

std::set<std::uint64_t> memory_devices(std::string_view mountinfo) {
  return devices_whose_type(mountinfo, [](std::string_view type) {
    return type == "tmpfs" || type == "ramfs" || type == "hugetlbfs";
  });
}

} // namespace sealwax::cli
