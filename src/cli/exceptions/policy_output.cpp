#include "cli/exceptions/policy_output.hpp"

#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/system/descriptor.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli {
namespace {

std::string cannot_write(const std::string& path, int error) {
  return fmt::format("cannot write {}: {}; name another file with -o", printable(path),
                     std::strerror(error));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

bool is_system_policy(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  return fs::weakly_canonical(path, error) == fs::weakly_canonical(kSystemPolicy, error) ||
         fs::equivalent(path, kSystemPolicy, error);
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(file, text.data(), text.size());
    if (size < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

/// As a file that open(2) makes: programs of every user read it.
bool set_usual_mode(int file) {
  const mode_t mask = umask(0);
  umask(mask);
  return fchmod(file, 0644 & ~mask) == 0;
}

} // namespace

std::string policy_path_problem(const std::string& path) {
  if (is_system_policy(path))
    return fmt::format("{} is the policy that holds on this system; write to another file, read "
                       "it, and mv it there",
                       printable(path));
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return fmt::format("cannot write {}: not a regular file; name another file with -o",
                       printable(path));
  if (access(folder_of(path).c_str(), W_OK | X_OK) != 0)
    return cannot_write(path, errno);
  return {};
}

std::string write_policy(const std::string& path, std::string_view text) {
  std::string temporary = path + ".XXXXXX";
  const Descriptor file{mkostemp(temporary.data(), O_CLOEXEC)};
  if (!file.open())
    return cannot_write(path, errno);
  if (write_all(file.number(), text) && set_usual_mode(file.number()) &&
      fsync(file.number()) == 0 && std::rename(temporary.c_str(), path.c_str()) == 0)
    return {};
  const int error = errno;
  unlink(temporary.c_str());
  return cannot_write(path, error);
}

} // namespace sealwax::cli
