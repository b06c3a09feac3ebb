// SPDX-License-Identifier: Apache-2.0
// What a path means below another root directory: with openat2(2), and where that is missing.
#include "catch.hpp"
#include "deploy/open_in_root.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace sealwax::deploy;

namespace {

/// A folder with links of all kinds, some of which would lead out of it.
class Root {
public:
  Root() {
    char name[] = "/tmp/sealwax-root-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    folder_ = name;
    std::filesystem::create_directories(folder_ / "a/b");
    std::ofstream{folder_ / "a/b/file"} << "text";
    std::ofstream{folder_ / "passwd"} << "ours";
    link("/a/b", "absolute");
    link("a/../a/b/file", "a_file");
    link("../../../../passwd", "a/above");
    link("/passwd", "a/b/etc");
    link("loop2", "loop1");
    link("loop1", "loop2");
    link("nothing", "dangling");
    link("a_file", "twice");
    number_ = open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  ~Root() {
    close(number_);
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] int number() const { return number_; }

private:
  void link(const char* target, const char* name) const {
    std::filesystem::create_symlink(target, folder_ / name);
  }

  std::filesystem::path folder_;
  int number_ = -1;
};

/// The file that was opened, or the error.
std::string identity(int opened) {
  const int error = errno;
  struct stat status = {};
  if (opened < 0)
    return "error " + std::to_string(error);
  fstat(opened, &status);
  close(opened);
  return std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
}

} // namespace

TEST_CASE("A path means the same with openat2 and without it") {
  const Root root;
  for (const char* path : {"/",
                           ".",
                           "..",
                           "a",
                           "a/",
                           "/a/b/file",
                           "a//b/./file",
                           "a/../..//passwd",
                           "absolute/file",
                           "absolute/../b/file",
                           "a_file",
                           "twice",
                           "a/above",
                           "a/b/etc",
                           "loop1",
                           "dangling",
                           "none",
                           "none/file",
                           "a/b/file/x",
                           "passwd/..",
                           "absolute/",
                           "../../a_file"})
    for (const int flags : {O_PATH, O_RDONLY, O_PATH | O_NOFOLLOW, O_RDONLY | O_DIRECTORY}) {
      CAPTURE(path, flags);
      CHECK(identity(walk_in_root(root.number(), path, flags)) ==
            identity(open_in_root(root.number(), path, flags)));
    }
}

TEST_CASE("A name and a path can be too long") {
  const Root root;
  CHECK(identity(walk_in_root(root.number(), std::string(300, 'x').c_str(), O_PATH)) ==
        identity(open_in_root(root.number(), std::string(300, 'x').c_str(), O_PATH)));
  CHECK(identity(walk_in_root(root.number(), std::string(9000, 'x').c_str(), O_PATH)) ==
        identity(open_in_root(root.number(), std::string(9000, 'x').c_str(), O_PATH)));
}

TEST_CASE("What was opened is closed at exec") {
  const Root root;
  const int opened = walk_in_root(root.number(), "a_file", O_RDONLY);
  REQUIRE(opened >= 0);
  CHECK((fcntl(opened, F_GETFD) & FD_CLOEXEC) != 0);
  close(opened);
}
