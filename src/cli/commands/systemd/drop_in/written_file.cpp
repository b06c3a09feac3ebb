// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/drop_in/written_file.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/system/descriptor.hpp"
#include "deploy/write_all.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace sealwax::cli {
namespace {

CommandError cannot(std::string_view action, const std::string& path) {
  const int error = errno;
  const std::string shown = printable(path);
  const std::string remedy = error == EACCES || error == EPERM ? "run it as root"
                             : error == EROFS
                                 ? "make the file system writable (mount -o remount,rw)"
                             : error == ENOSPC ? "make room on the disk"
                                               : fmt::format("'ls -ld {}' shows what it is", shown);
  return CommandError(
      fmt::format("cannot {} {}: {}; {}", action, shown, std::strerror(error), remedy));
}

/// Of a drop-in: systemd reads none but *.conf.
std::string draft_of(const std::string& path) {
  return path + ".new";
}

void make_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  errno = error.value();
  if (error)
    throw cannot("make", folder.string());
}

/// Throws CommandError, after taking `draft` away.
void write_draft(const std::string& draft, const std::string& text) {
  const Descriptor file{
      open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file.open() && deploy::write_all(file.number(), text) && fchmod(file.number(), 0644) == 0 &&
      fsync(file.number()) == 0)
    return;
  const CommandError error = cannot("write", draft);
  if (file.open())
    unlink(draft.c_str());
  throw error;
}

} // namespace

void remove_remains(const std::string& path) {
  std::error_code error;
  unlink(draft_of(path).c_str());
  // Fails where something else is in it.
  std::filesystem::remove(std::filesystem::path{path}.parent_path(), error);
}

void write_or_remove(const std::string& path, const std::string& text) {
  if (text.empty()) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
      throw cannot("remove", path);
    remove_remains(path);
    return;
  }
  make_folder_of(path);
  const std::string draft = draft_of(path);
  unlink(draft.c_str()); // of one that was killed
  write_draft(draft, text);
  if (rename(draft.c_str(), path.c_str()) != 0) {
    const CommandError failure = cannot("replace", path);
    unlink(draft.c_str());
    throw failure;
  }
}

} // namespace sealwax::cli
