// SPDX-License-Identifier: Apache-2.0
#include "deploy/folder_lock.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sealwax::deploy {
namespace {

constexpr const char* kName = ".sealwax-lock";

/// Whether an open file is the one that has the name: who held it before removes it.
bool has_name(int folder, int file) {
  struct stat named = {}, opened = {};
  return fstatat(folder, kName, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

} // namespace

FolderLock::FolderLock(FolderLock&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)), file_(std::exchange(other.file_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(file_, other.file_);
  return *this;
}

FolderLock::~FolderLock() {
  if (file_ < 0)
    return;
  unlinkat(folder_, kName, 0); // held: where it stays, the next one takes it
  close(file_);
}

bool FolderLock::take(int folder) {
  constexpr int kMostTurns = 100; // each is another's that ended just then
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const int file = openat(folder, kName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
      return true;
    const bool taken = flock(file, LOCK_EX | LOCK_NB) == 0;
    if (taken && has_name(folder, file)) {
      folder_ = folder;
      file_ = file;
      return true;
    }
    close(file);
    if (!taken)
      break;
  }
  errno = EWOULDBLOCK;
  return false;
}

} // namespace sealwax::deploy
