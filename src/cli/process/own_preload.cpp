#include "cli/process/own_preload.hpp"

#include "cli/process/mountinfo.hpp"
#include "cli/system/system_root.hpp"
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

/// `a@.service` of `a@b.service`.
std::string general_name(const std::string& unit) {
  const std::size_t at = unit.find('@');
  return at == std::string::npos ? unit : unit.substr(0, at + 1) + ".service";
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
  for (const std::string& name : {unit, general_name(unit)}) {
    const std::string path = fmt::format("/etc/systemd/system/{}.d/50-sealwax.conf", name);
    if (wants_own_preload(SystemRoot{}.text(path).value_or("")))
      return true;
  }
  return false;
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
