// SPDX-License-Identifier: Apache-2.0
#include "deploy/preload_file.hpp"

#include "deploy/open_in_root.hpp"
#include "deploy/preload_text.hpp"
#include "deploy/write_all.hpp"

#include <sys/xattr.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace sealwax::deploy {
namespace {

/// A name in /etc, of a path that begins with it.
const char* in_etc(const char* path) {
  return path + std::strlen("/etc/");
}

/// Closes what it holds, and keeps errno.
class Opened {
public:
  explicit Opened(int number) : number_(number) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() {
    const int error = errno;
    if (number_ >= 0)
      close(number_);
    errno = error;
  }
  [[nodiscard]] int number() const { return number_; }

private:
  int number_;
};

Failure failure(const char* action, const char* object) {
  return {action, object, errno};
}

/// The attributes that decide who may read the file: an SELinux label, an access control list.
bool copy_attributes(int from, int to) {
  for (const char* name : {"security.selinux", "system.posix_acl_access"}) {
    char value[4096];
    const ssize_t size = fgetxattr(from, name, value, sizeof value);
    if (size < 0 && errno != ENODATA && errno != EOPNOTSUPP)
      return false;
    if (size >= 0 && fsetxattr(to, name, value, static_cast<std::size_t>(size), 0) != 0)
      return false;
  }
  return true;
}

Failure dress_draft(const Etc& etc, const PreloadFile& old, int draft) {
  if (!old.exists)
    return fchmod(draft, 0644) == 0 ? Failure{} : failure("set the mode of", kDraftPath);
  const Opened original{open_in_root(etc.root(), kPreloadPath, O_RDONLY)};
  if (original.number() < 0)
    return failure("open", kPreloadPath);
  if (fchown(draft, old.status.st_uid, old.status.st_gid) != 0)
    return failure("set the owner of", kDraftPath);
  // An access control list is part of the mode, so it comes first.
  if (!copy_attributes(original.number(), draft))
    return failure("set the attributes of", kDraftPath);
  if (fchmod(draft, old.status.st_mode & 07777) != 0)
    return failure("set the mode of", kDraftPath);
  return {};
}

Failure write_draft(const Etc& etc, const PreloadFile& old, std::string_view text) {
  // One that was left by a sealwax that was killed; another at work holds the lock.
  unlinkat(etc.folder(), in_etc(kDraftPath), 0);
  const Opened draft{openat(etc.folder(), in_etc(kDraftPath),
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (draft.number() < 0)
    return failure("create", kDraftPath);
  if (!write_all(draft.number(), text))
    return failure("write", kDraftPath);
  if (const Failure failed = dress_draft(etc, old, draft.number()); failed.happened())
    return failed;
  if (fsync(draft.number()) != 0)
    return failure("write", kDraftPath);
  return {};
}

/// Whether the file is what it was when it was read.
Failure check_unchanged(const Etc& etc, const PreloadFile& old) {
  static PreloadFile now;
  if (const Failure failed = read_preload(etc, now); failed.happened())
    return failed;
  if (now.exists != old.exists || now.is_link != old.is_link || now.text() != old.text())
    return {"replace", kPreloadPath, EAGAIN};
  return {};
}

Failure put_in_place(const Etc& etc, const PreloadFile& old, std::string_view text) {
  if (text.empty()) {
    if (old.exists && unlinkat(etc.folder(), in_etc(kPreloadPath), 0) != 0)
      return failure("remove", kPreloadPath);
  } else if (renameat(etc.folder(), in_etc(kDraftPath), etc.folder(), in_etc(kPreloadPath)) != 0) {
    return failure("replace", kPreloadPath);
  }
  if (fsync(etc.folder()) != 0)
    return failure("write", "/etc");
  return {};
}

Failure blank_entries(const Etc& etc, const PreloadFile& file) {
  const Opened opened{open_in_root(etc.root(), kPreloadPath, O_WRONLY)};
  if (opened.number() < 0)
    return failure("open", kPreloadPath);
  static char blanks[PreloadFile::kCapacity];
  std::memset(blanks, ' ', sizeof blanks);
  Entries entries{file.text()};
  for (std::string_view entry = entries.next(); !entry.empty(); entry = entries.next())
    if (is_own(entry) && pwrite(opened.number(), blanks, entry.size(), entry.data() - file.bytes) !=
                             static_cast<ssize_t>(entry.size()))
      return failure("write", kPreloadPath);
  return fsync(opened.number()) == 0 ? Failure{} : failure("write", kPreloadPath);
}

} // namespace

const char* advice_on(int error, const char* otherwise) {
  switch (error) {
  case EACCES:
    return "run it as root";
  case EPERM:
    return "run it as root, and see lsattr(1) for an immutable file";
  case EROFS:
    return "make the file system writable (mount -o remount,rw)";
  case ENOSPC:
  case EDQUOT:
    return "make room there";
  case EAGAIN:
    return "another program is changing it, so run this again";
  case ENOTDIR:
    return "it has to be a folder";
  case EISDIR:
  case EINVAL:
    return "it has to be a regular file";
  case EFBIG:
    return "it is larger than 64 KiB, which no such file is";
  default:
    return otherwise;
  }
}

Etc::~Etc() {
  lock_ = FolderLock{}; // while the folder is open
  for (const int number : {root_, folder_})
    if (number >= 0)
      close(number);
}

Failure Etc::open(const char* root) {
  root_ = ::open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_ < 0)
    return failure("open", root);
  folder_ = open_in_root(root_, "etc", O_RDONLY | O_DIRECTORY);
  if (folder_ < 0 && errno != ENOENT)
    return failure("open", "/etc");
  return {};
}

Failure Etc::lock() {
  return lock_.take(folder_) ? Failure{} : failure("lock", "/etc");
}

Failure read_preload(const Etc& etc, PreloadFile& file) {
  file.exists = false;
  file.is_link = false;
  file.size = 0;
  if (etc.folder() < 0)
    return {};
  if (fstatat(etc.folder(), in_etc(kPreloadPath), &file.status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Failure{} : failure("look at", kPreloadPath);
  file.is_link = S_ISLNK(file.status.st_mode);
  // Not blocking: it may be a FIFO.
  const Opened opened{open_in_root(etc.root(), kPreloadPath, O_RDONLY | O_NONBLOCK)};
  if (opened.number() < 0)
    return file.is_link && errno == ENOENT ? Failure{} : failure("open", kPreloadPath);
  if (fstat(opened.number(), &file.status) != 0)
    return failure("look at", kPreloadPath);
  if (!S_ISREG(file.status.st_mode))
    return {"read", kPreloadPath, S_ISDIR(file.status.st_mode) ? EISDIR : EINVAL};
  file.exists = true;
  while (file.size < sizeof file.bytes) {
    const ssize_t size =
        read(opened.number(), file.bytes + file.size, sizeof file.bytes - file.size);
    if (size < 0 && errno != EINTR)
      return failure("read", kPreloadPath);
    if (size == 0)
      return {};
    file.size += size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  return {"read", kPreloadPath, EFBIG};
}

Failure replace_preload(const Etc& etc, const PreloadFile& old, std::string_view text) {
  Failure failed = text.empty() ? Failure{} : write_draft(etc, old, text);
  if (!failed.happened())
    failed = check_unchanged(etc, old);
  if (!failed.happened())
    failed = put_in_place(etc, old, text);
  if (failed.happened() && !text.empty())
    unlinkat(etc.folder(), in_etc(kDraftPath), 0);
  return failed;
}

Failure write_behind(const Etc& etc, const PreloadFile& old, std::string_view text,
                     std::size_t kept) {
  if (const Failure failed = check_unchanged(etc, old); failed.happened())
    return failed;
  const Opened file{open_in_root(etc.root(), kPreloadPath, O_WRONLY)};
  if (file.number() < 0)
    return failure("open", kPreloadPath);
  text.remove_prefix(kept);
  const ssize_t size = pwrite(file.number(), text.data(), text.size(), static_cast<off_t>(kept));
  if (size != static_cast<ssize_t>(text.size()))
    return failure("write", kPreloadPath);
  return fsync(file.number()) == 0 ? Failure{} : failure("write", kPreloadPath);
}

Failure make_empty_preload(const Etc& etc, bool& made) {
  const Opened file{openat(etc.folder(), in_etc(kPreloadPath),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  made = file.number() >= 0;
  if (!made)
    return errno == EEXIST ? Failure{} : failure("create", kPreloadPath);
  // Whatever umask says.
  return fchmod(file.number(), 0644) == 0 ? Failure{} : failure("set the mode of", kPreloadPath);
}

Failure remove_entries(Etc& etc, Removal& removal, InPlace in_place) {
  removal = Removal::none_there;
  static PreloadFile file;
  if (const Failure failed = read_preload(etc, file); failed.happened())
    return failed;
  if (own_entries(file.text()) == 0)
    return {};
  if (const Failure failed = etc.lock(); failed.happened())
    return failed;
  if (in_place == InPlace::yes) {
    removal = Removal::blanked;
    const Failure failed = check_unchanged(etc, file);
    return failed.happened() ? failed : blank_entries(etc, file);
  }
  static char rest[PreloadFile::kCapacity];
  const std::size_t size = take_out(file.text(), rest);
  Failure failed = replace_preload(etc, file, {rest, size});
  removal = Removal::removed;
  const bool is_full = failed.error == ENOSPC || failed.error == EDQUOT;
  // Of the new file, which only its folder has no room for, those are somebody else's bytes.
  if (is_full && !check_unchanged(etc, file).happened()) {
    failed = blank_entries(etc, file);
    removal = Removal::blanked;
  }
  return failed;
}

} // namespace sealwax::deploy
