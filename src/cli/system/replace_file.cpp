// SPDX-License-Identifier: Apache-2.0
#include "cli/system/replace_file.hpp"

#include "cli/system/descriptor.hpp"
#include "deploy/write_all.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// As a file that open(2) makes: programs of every user read it.
bool set_usual_mode(int file) {
  const mode_t mask = umask(0);
  umask(mask);
  return fchmod(file, 0644 & ~mask) == 0;
}

bool keep_mode(int file, const std::string& path) {
  struct stat before = {};
  if (stat(path.c_str(), &before) != 0)
    return fchmod(file, 0644) == 0;
  return (geteuid() != 0 || fchown(file, before.st_uid, before.st_gid) == 0) &&
         fchmod(file, before.st_mode & 07777U) == 0;
}

/// While it is there a write beyond RLIMIT_FSIZE is an error like others, and ends nobody.
class FileSizeErrors {
public:
  FileSizeErrors() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &ignore, &before_);
  }
  ~FileSizeErrors() { sigaction(SIGXFSZ, &before_, nullptr); }
  FileSizeErrors(const FileSizeErrors&) = delete;
  FileSizeErrors& operator=(const FileSizeErrors&) = delete;

private:
  struct sigaction before_ = {};
};

} // namespace

int replace_file(const std::string& path, std::string_view text, NewMode mode) {
  struct stat there = {};
  if (stat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode))
    return EISDIR;
  const FileSizeErrors are_told;
  std::string temporary = path + ".XXXXXX";
  const Descriptor file{mkostemp(temporary.data(), O_CLOEXEC)};
  if (!file.open())
    return errno;
  const bool kept = mode == NewMode::kept;
  if (deploy::write_all(file.number(), text) &&
      (kept ? keep_mode(file.number(), path) : set_usual_mode(file.number())) &&
      fsync(file.number()) == 0 && std::rename(temporary.c_str(), path.c_str()) == 0)
    return 0;
  const int error = errno;
  unlink(temporary.c_str());
  return error;
}

std::error_code make_open_folder(const std::string& path) {
  const mode_t mask = umask(022);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  umask(mask);
  return error;
}

} // namespace sealwax::cli
