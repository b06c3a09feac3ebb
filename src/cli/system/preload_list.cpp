// SPDX-License-Identifier: Apache-2.0
#include "cli/system/preload_list.hpp"

#include "cli/arch/arch.hpp"
#include "deploy/preload_text.hpp"

#include <array>

namespace sealwax::cli {

std::vector<std::string> preload_entries(std::string_view text) {
  std::vector<std::string> found;
  deploy::Entries entries{text};
  for (std::string_view entry = entries.next(); !entry.empty(); entry = entries.next())
    found.emplace_back(entry);
  return found;
}

bool is_sealwax(std::string_view entry) {
  return deploy::is_own(entry);
}

std::vector<std::string> expand_lib(const std::string& entry) {
  // What the distributions' ld.so put there: Debian's, then the others'.
  constexpr std::array kFolders = {std::string_view{kLibraryFolder}.substr(5),
                                   std::string_view{"lib64"}, std::string_view{"lib"}};
  for (const std::string_view token : {"${LIB}", "$LIB"})
    if (const std::size_t at = entry.find(token); at != std::string::npos) {
      std::vector<std::string> paths;
      paths.reserve(kFolders.size());
      for (const std::string_view folder : kFolders)
        paths.push_back(std::string{entry}.replace(at, token.size(), folder));
      return paths;
    }
  return {entry};
}

} // namespace sealwax::cli
