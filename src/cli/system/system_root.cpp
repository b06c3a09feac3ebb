// SPDX-License-Identifier: Apache-2.0
#include "cli/system/system_root.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "deploy/open_in_root.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <unistd.h>

namespace sealwax::cli {
namespace {

std::string path_of(const Descriptor& file) {
  char path[PATH_MAX];
  const std::string link = fmt::format("/proc/self/fd/{}", file.number());
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size < 0 ? std::string{} : std::string{path, static_cast<std::size_t>(size)};
}

} // namespace

std::string weakness_of(const struct stat& status, uid_t user) {
  if (status.st_uid != 0 && status.st_uid != user)
    return fmt::format("belongs to user {}", status.st_uid);
  // In a sticky folder nobody can remove what is root's (inode(7)).
  if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0)
    return {};
  if ((status.st_mode & S_IWOTH) != 0)
    return fmt::format("has mode {:04o}, so that everybody may write there",
                       status.st_mode & 07777U);
  // A group of the user's own number is that user alone, as most systems have it.
  if ((status.st_mode & S_IWGRP) != 0 && (user == 0 || status.st_gid != user))
    return fmt::format("has mode {:04o}, so that group {} may write there", status.st_mode & 07777U,
                       status.st_gid);
  return {};
}

SystemRoot::SystemRoot(const std::string& folder)
    : descriptor_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!descriptor_.open())
    throw CommandError(fmt::format("cannot look into {}: {}; name the folder of a system",
                                   printable(folder), std::strerror(errno)));
  folder_ = std::filesystem::canonical(folder).string();
  if (folder_ == "/")
    folder_.clear();
}

int SystemRoot::open_number(const std::string& path, int flags) const {
  if (is_own())
    return ::open(path.c_str(), flags);
  return deploy::open_in_root(descriptor_.number(), path.c_str(), flags);
}

std::optional<OpenFile> SystemRoot::open(const std::string& path) const {
  OpenFile file;
  file.descriptor = reopened_to_read(Descriptor{open_number(path, O_PATH | O_CLOEXEC)});
  if (!file.descriptor.open() || fstat(file.descriptor.number(), &file.status) != 0)
    return std::nullopt;
  file.path = path_of(file.descriptor);
  // Without /proc, and for what lies elsewhere by a bind mount, the name asked for has to do.
  file.path = file.path.starts_with(folder_ + "/") ? file.path.substr(folder_.size()) : path;
  return file;
}

std::optional<std::string> SystemRoot::text(const std::string& path) const {
  const std::optional<OpenFile> file = open(path);
  return file ? text(*file) : std::nullopt;
}

std::optional<std::string> SystemRoot::text(const OpenFile& file) const {
  std::optional<std::string> text = read_all(file.descriptor.number());
  if (!text && errno == EFBIG)
    throw CommandError(
        fmt::format("{} has more than {} MiB, and is not read; 'ls -l' shows what it is",
                    printable(shown(file.path)), kMostBytes >> 20U));
  return text;
}

std::vector<std::string> SystemRoot::names(const std::string& path) const {
  const auto close_directory = [](DIR* directory) { closedir(directory); };
  const int number = open_number(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
  const std::unique_ptr<DIR, decltype(close_directory)> directory{fdopendir(number),
                                                                  close_directory};
  std::vector<std::string> names;
  if (!directory) {
    if (number >= 0)
      close(number);
    return names;
  }
  while (const dirent* entry = readdir(directory.get()))
    if (const std::string name = entry->d_name; name != "." && name != "..")
      names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string open_to_others(const SystemRoot& root, const OpenFile& file) {
  if (std::string why = weakness_of(file.status); !why.empty())
    return fmt::format("{} {}", printable(root.shown(file.path)), why);
  std::filesystem::path folder = file.path;
  do {
    folder = folder.parent_path();
    const std::optional<OpenFile> opened = root.open(folder.string());
    const std::string why = opened ? weakness_of(opened->status) : std::string{};
    if (!why.empty())
      return fmt::format("the folder {} {}", printable(root.shown(folder.string())), why);
  } while (folder.has_relative_path());
  return {};
}

} // namespace sealwax::cli
