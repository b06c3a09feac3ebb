// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "deploy/folder_lock.hpp"

#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using sealwax::deploy::FolderLock;

namespace {

/// An open folder of its own.
class Folder {
public:
  Folder() {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
    number_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(number_ >= 0);
  }
  ~Folder() {
    close(number_);
    std::filesystem::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] std::string lock() const { return path_ + "/.sealwax-lock"; }
  [[nodiscard]] bool is_empty() const { return std::filesystem::is_empty(path_); }

private:
  std::string path_ = "/tmp/folder-lock-XXXXXX";
  int number_ = -1;
};

} // namespace

TEST_CASE("a folder's lock is one's at a time, and leaves nothing") {
  const Folder folder;
  {
    FolderLock first, second;
    CHECK(first.take(folder.number()));
    CHECK_FALSE(second.take(folder.number()));
    FolderLock moved = std::move(first);
    CHECK_FALSE(second.take(folder.number()));
    moved = FolderLock{};
    CHECK(second.take(folder.number()));
  }
  CHECK(folder.is_empty());
}

TEST_CASE("nobody else can open it, whatever umask says") {
  const Folder folder;
  const mode_t before = umask(0);
  FolderLock lock;
  REQUIRE(lock.take(folder.number()));
  umask(before);
  struct stat status = {};
  REQUIRE(stat(folder.lock().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("one that a killed program has left is taken") {
  const Folder folder;
  close(open(folder.lock().c_str(), O_WRONLY | O_CREAT, 0600));
  {
    FolderLock lock;
    CHECK(lock.take(folder.number()));
  }
  CHECK(folder.is_empty());
}

TEST_CASE("a link in its place is not followed") {
  const Folder folder;
  const std::string elsewhere = folder.lock() + ".elsewhere";
  REQUIRE(symlink(elsewhere.c_str(), folder.lock().c_str()) == 0);
  FolderLock lock;
  CHECK(lock.take(folder.number())); // nobody is kept out
  CHECK_FALSE(std::filesystem::exists(elsewhere));
}

TEST_CASE("of many threads one is in at a time") {
  const Folder folder;
  std::atomic<int> inside = 0, most = 0, done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (done < 400) {
        FolderLock lock;
        if (!lock.take(folder.number()))
          continue;
        const int now = ++inside;
        if (now > most)
          most = now;
        ++done;
        --inside;
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(most == 1);
  CHECK(folder.is_empty());
}
