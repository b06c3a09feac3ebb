#include "cli/process/remote_files.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {
namespace {

/// A type may have a subtype behind a dot: fuse.sshfs.
constexpr std::string_view kRemote[] = {
    "9p",      "afs",       "beegfs",   "ceph",  "cifs",   "coda",  "fuse",
    "fuseblk", "glusterfs", "gfs2",     "gpfs",  "lustre", "ncpfs", "nfs",
    "nfs4",    "ocfs2",     "orangefs", "pvfs2", "smb3",   "smbfs", "virtiofs",
};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

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
  while (!mountinfo.empty()) {
    const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    const std::vector<std::string_view> words = words_of(line);
    // Optional fields end with a dash, behind which the type is.
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 3 || dash == words.end() || dash + 1 == words.end() || !is_wanted(dash[1]))
      continue;
    if (const std::optional<std::uint64_t> device = device_of(words[2]))
      devices.insert(*device);
  }
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
