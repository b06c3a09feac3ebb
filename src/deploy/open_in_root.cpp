// SPDX-License-Identifier: Apache-2.0
#include "deploy/open_in_root.hpp"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace sealwax::deploy {
namespace {

int failed(int error) {
  errno = error;
  return -1;
}

/// As many as the kernel follows (path_resolution(7)).
constexpr int kMostLinks = 40;

/// Takes the first component off the front of `rest`; empty: there is none.
std::string_view take_component(std::string_view& rest) {
  while (rest.starts_with('/'))
    rest.remove_prefix(1);
  const std::size_t slash = rest.find('/');
  const std::string_view component{rest.data(),
                                   slash == std::string_view::npos ? rest.size() : slash};
  rest.remove_prefix(component.size());
  return component;
}

/// A path below a root that has no link in it, and no dots.
class PlainPath {
public:
  [[nodiscard]] bool push(std::string_view component) {
    if (size_ + component.size() + 2 > sizeof bytes_)
      return false;
    if (size_ != 0)
      bytes_[size_++] = '/';
    std::memcpy(bytes_ + size_, component.data(), component.size());
    size_ += component.size();
    return true;
  }
  /// Above a root there is nothing but itself.
  void pop() {
    const std::size_t slash = text().rfind('/');
    size_ = slash == std::string_view::npos ? 0 : slash;
  }

  /// Component by component: what was a folder may have become a link meanwhile.
  [[nodiscard]] int open(int root, int flags) const {
    constexpr int kStep = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    std::string_view rest = text();
    int at = openat(root, ".", rest.empty() ? flags | O_CLOEXEC : kStep);
    while (at >= 0 && !rest.empty()) {
      char name[NAME_MAX + 1] = {};
      const std::string_view component = take_component(rest);
      const bool fits = component.size() < sizeof name;
      if (fits)
        std::memcpy(name, component.data(), component.size());
      const int next =
          fits ? openat(at, name, rest.empty() ? flags | O_NOFOLLOW | O_CLOEXEC : kStep) : -1;
      const int error = fits ? errno : ENAMETOOLONG;
      close(at);
      errno = error;
      at = next;
    }
    return at;
  }

private:
  [[nodiscard]] std::string_view text() const { return {bytes_, size_}; }

  std::size_t size_ = 0;
  char bytes_[PATH_MAX];
};

/// What is still to be resolved.
class Rest {
public:
  [[nodiscard]] bool start(std::string_view path) {
    text_ = {};
    return put_in_front(path);
  }
  [[nodiscard]] std::string_view take() { return take_component(text_); }
  [[nodiscard]] bool is_empty() const {
    return text_.find_first_not_of('/') == std::string_view::npos;
  }
  /// A slash at the end asks for a folder, and follows a link to one.
  [[nodiscard]] bool asks_for_folder() const { return !text_.empty(); }
  /// Of a link, what it says.
  [[nodiscard]] bool put_in_front(std::string_view path) {
    if (path.size() + text_.size() > sizeof bytes_)
      return false;
    const std::size_t behind = text_.size();
    if (behind != 0)
      std::memmove(bytes_ + path.size(), text_.data(), behind);
    std::memcpy(bytes_, path.data(), path.size());
    text_ = {bytes_, path.size() + behind};
    return true;
  }

private:
  std::string_view text_;
  char bytes_[2 * PATH_MAX];
};

/// What the link at `path` says; -1: it is none.
ssize_t read_link(int root, const PlainPath& path, char (&target)[PATH_MAX]) {
  const int link = path.open(root, O_PATH);
  if (link < 0)
    return -1;
  const ssize_t size = readlinkat(link, "", target, sizeof target);
  close(link);
  return size;
}

/// False, and errno: it is none.
bool is_folder(int root, const PlainPath& path) {
  const int folder = path.open(root, O_PATH | O_DIRECTORY);
  if (folder >= 0)
    close(folder);
  return folder >= 0;
}

} // namespace

int walk_in_root(int root, const char* path, int flags) {
  PlainPath done;
  Rest rest;
  if (!rest.start(path))
    return failed(ENAMETOOLONG);
  int links = 0;
  while (!rest.is_empty()) {
    const std::string_view component = rest.take();
    if (component == ".")
      continue;
    if (component == "..") {
      if (!is_folder(root, done))
        return -1;
      done.pop();
      continue;
    }
    if (!done.push(component))
      return failed(ENAMETOOLONG);
    if (rest.is_empty()) {
      flags |= rest.asks_for_folder() ? O_DIRECTORY : 0;
      if ((flags & O_NOFOLLOW) != 0 && !rest.asks_for_folder())
        break;
    }
    char target[PATH_MAX];
    const ssize_t size = read_link(root, done, target);
    if (size < 0)
      continue; // nothing there, which the last step says, or no link
    if (++links > kMostLinks)
      return failed(ELOOP);
    done.pop();
    if (target[0] == '/')
      done = PlainPath{};
    if (!rest.put_in_front({target, static_cast<std::size_t>(size)}))
      return failed(ENAMETOOLONG);
  }
  return done.open(root, flags);
}

int open_in_root(int root, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  // glibc has no openat2().
  const auto opened = static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof how));
  return opened < 0 && errno == ENOSYS ? walk_in_root(root, path, flags) : opened;
}

} // namespace sealwax::deploy
