#include "cli/process/own_preload.hpp"

#include "cli/system/system_root.hpp"
#include "deploy/preload_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace sealwax::cli {
namespace {

/// The fifth word of a line is where something is mounted (proc_pid_mountinfo(5)).
std::string_view mount_point(std::string_view line) {
  constexpr int kWordsBefore = 4;
  for (int word = 0; word < kWordsBefore; ++word) {
    const std::size_t blank = line.find(' ');
    line = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  }
  return line.substr(0, line.find(' '));
}

template <typename Holds>
bool any_line(std::string_view text, Holds holds) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty() && holds(line))
      return true;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return false;
}

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
  return any_line(mountinfo,
                  [](std::string_view line) { return mount_point(line) == deploy::kPreloadPath; });
}

bool wants_own_preload(std::string_view unit_text) {
  const std::string target = fmt::format(":{}", deploy::kPreloadPath);
  return any_line(unit_text, [&](std::string_view line) {
    return line.starts_with("BindReadOnlyPaths=") && line.ends_with(target);
  });
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
