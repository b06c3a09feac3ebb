// SPDX-License-Identifier: Apache-2.0
#include "cli/exceptions/policy_output.hpp"

#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/system/replace_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
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

} // namespace

std::string policy_path_problem(const std::string& path) {
  if (is_system_policy(path))
    return fmt::format("{} is the policy that holds on this system; write to another file, read "
                       "it, and mv it there",
                       printable(path));
  struct stat status = {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return fmt::format("cannot write {}: not a regular file; name another file with -o",
                       printable(path));
  if (access(folder_of(path).c_str(), W_OK | X_OK) != 0)
    return cannot_write(path, errno);
  return {};
}

std::string write_policy(const std::string& path, std::string_view text) {
  const int error = replace_file(path, text);
  return error == 0 ? std::string{} : cannot_write(path, error);
}

} // namespace sealwax::cli
