// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/named.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "cli/process/processes_where.hpp"
#include "cli/process/procfs.hpp"
#include "deploy/places.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace sealwax::cli {
namespace {

namespace fs = std::filesystem;

/// Where an administrator's programs are; his own PATH may lack them, and says nothing of another
/// system.
constexpr std::string_view kUsualFolders =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// In which a policy has a name.
constexpr const char* kPolicyFolders[] = {"/etc/sealwax", SEALWAX_POLICY_FOLDER,
                                          "/usr/share/sealwax"};

std::vector<std::string> policy_names(const SystemRoot& root) {
  constexpr std::string_view kSuffix = ".conf";
  std::vector<std::string> names;
  for (const char* folder : kPolicyFolders)
    for (const std::string& name : root.names(folder))
      if (name.ends_with(kSuffix))
        names.push_back(name.substr(0, name.size() - kSuffix.size()));
  return names;
}

bool is_here(const SystemRoot& root, const std::string& name) {
  std::error_code error;
  return name.find('/') != std::string::npos || (root.is_own() && fs::exists(name, error));
}

bool is_program(const OpenFile& file) {
  return S_ISREG(file.status.st_mode) && (file.status.st_mode & 0111U) != 0;
}

std::string in_folders(const SystemRoot& root, std::string_view folders, const std::string& name) {
  while (!folders.empty()) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    std::string path = fmt::format("{}/{}", folders.substr(0, end), name);
    if (path.front() == '/')
      if (const std::optional<OpenFile> file = root.open(path); file && is_program(*file))
        return path;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return {};
}

std::string of_a_process(const std::string& name) {
  for (const pid_t pid : processes_where(
           [&name](std::string_view path, std::string_view) { return file_name(path) == name; }))
    try {
      if (const std::optional<std::string> path = Process{pid}.executable())
        return std::string{without_deleted(*path)};
    } catch (const ProcessError&) { // It has ended.
    }
  return {};
}

} // namespace

std::string policy_named(const SystemRoot& root, const std::string& name) {
  if (is_here(root, name))
    return root.is_own() ? fs::absolute(name).lexically_normal().string() : name;
  for (const char* folder : kPolicyFolders)
    if (std::string path = fmt::format("{}/{}.conf", folder, name); root.open(path))
      return path;
  throw CommandError(fmt::format("there is no policy '{}': no {}.conf is in /etc/sealwax or {}; "
                                 "{}name a file with its path",
                                 printable(name), printable(name), SEALWAX_POLICY_FOLDER,
                                 did_you_mean(name, policy_names(root))));
}

std::string program_named(const SystemRoot& root, const std::string& name) {
  if (name.empty() || is_here(root, name))
    return name;
  const char* const path = root.is_own() ? std::getenv("PATH") : nullptr;
  if (std::string found = in_folders(root, path != nullptr ? path : "", name); !found.empty())
    return found;
  if (std::string found = in_folders(root, kUsualFolders, name); !found.empty())
    return found;
  if (std::string found = root.is_own() ? of_a_process(name) : std::string{}; !found.empty())
    return found;
  return name;
}

std::string program_meant(const SystemRoot& root, const std::string& name) {
  if (name.find('/') != std::string::npos)
    return {};
  std::vector<std::string> names;
  for (std::string_view folders = kUsualFolders; !folders.empty();) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    for (std::string& program : root.names(std::string{folders.substr(0, end)}))
      names.push_back(std::move(program));
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return did_you_mean(name, names);
}

} // namespace sealwax::cli
