// SPDX-License-Identifier: Apache-2.0
#include "cli/system/package_files.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <sstream>

namespace sealwax::cli {
namespace {

constexpr const char* kDatabase = "/var/lib/dpkg/info";

/// Of packages that can be there for several architectures the list's name says which.
std::string list_of(const SystemRoot& root, const std::string& package) {
  const std::string plain = package + ".list";
  const std::string prefix = package + ':';
  for (const std::string& name : root.names(kDatabase))
    if (name == plain || (name.starts_with(prefix) && name.ends_with(".list")))
      return fmt::format("{}/{}", kDatabase, name);
  return {};
}

std::vector<std::string> packages(const SystemRoot& root) {
  std::vector<std::string> found;
  for (const std::string& name : root.names(kDatabase))
    if (name.ends_with(".list"))
      found.push_back(name.substr(0, name.find(':')).substr(0, name.rfind(".list")));
  return found;
}

} // namespace

std::vector<std::string> package_files(const SystemRoot& root, const std::string& package) {
  const std::string list = package.find('/') == std::string::npos ? list_of(root, package) : "";
  const std::optional<std::string> text = list.empty() ? std::nullopt : root.text(list);
  if (!text)
    throw CommandError(
        fmt::format("there is no package '{}' that dpkg has installed; {}dpkg -S FILE "
                    "names a file's package",
                    printable(package), did_you_mean(package, packages(root))));
  std::vector<std::string> files;
  std::istringstream lines{*text};
  for (std::string line; std::getline(lines, line);)
    files.push_back(line);
  return files;
}

} // namespace sealwax::cli
