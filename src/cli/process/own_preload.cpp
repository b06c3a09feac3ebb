// SPDX-License-Identifier: Apache-2.0
#include "cli/process/own_preload.hpp"

#include "cli/process/mountinfo.hpp"
#include "cli/system/unit_drop_in.hpp"
#include "deploy/preload_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace sealwax::cli {
namespace {

std::string link_of(const std::string& path) {
  std::error_code error;
  return std::filesystem::read_symlink(path, error).string();
}

} // namespace

bool has_own_preload(std::string_view mountinfo) {
  const std::vector<Mount> mounts = mounts_in(mountinfo);
  return std::any_of(mounts.begin(), mounts.end(),
                     [](const Mount& mount) { return mount.place == deploy::kPreloadPath; });
}

bool wants_own_preload(std::string_view unit_text) {
  const std::string target = fmt::format(":{}", deploy::kPreloadPath);
  std::istringstream lines{std::string{unit_text}};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("BindReadOnlyPaths=") && line.ends_with(target))
      return true;
  return false;
}

bool unit_wants_own_preload(const std::string& unit) {
  return wants_own_preload(drop_in_of(SystemRoot{}, unit));
}

OwnPreload own_preload_of(const Process& process) {
  const std::string folder = fmt::format("/proc/{}", process.pid());
  const std::string mounts = link_of(folder + "/ns/mnt");
  const std::optional<std::string> mountinfo = process.text("mountinfo");
  if (mounts.empty() || !mountinfo || link_of(folder + "/root") != "/")
    return OwnPreload::unknown;
  if (has_own_preload(*mountinfo))
    return OwnPreload::there;
  return mounts == link_of("/proc/1/ns/mnt") ? OwnPreload::never_there : OwnPreload::gone;
}

} // namespace sealwax::cli
