#include "cli/elf/preload_file.hpp"

#include <algorithm>
#include <array>

namespace sealwax::cli {

std::vector<std::string> preload_entries(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(": \t\n#"), text.size());
    if (end != 0)
      entries.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    const std::size_t line_end = std::min(text.find('\n'), text.size());
    if (!text.empty())
      text.remove_prefix(text.front() == '#' ? line_end : 1);
  }
  return entries;
}

bool is_sealwax(std::string_view entry) {
  constexpr std::string_view kName = "libsealwax.so";
  return entry == kName || entry.ends_with("/libsealwax.so");
}

std::vector<std::string> expand_lib(const std::string& entry) {
  // What the distributions' ld.so put there (Debian's on either architecture, then the others').
  constexpr std::array kFolders = {
#if defined(__aarch64__)
    "lib/aarch64-linux-gnu",
#else
    "lib/x86_64-linux-gnu",
#endif
    "lib64",
    "lib"
  };
  for (const std::string_view token : {"${LIB}", "$LIB"})
    if (const std::size_t at = entry.find(token); at != std::string::npos) {
      std::vector<std::string> paths;
      paths.reserve(kFolders.size());
      for (const char* folder : kFolders)
        paths.push_back(std::string{entry}.replace(at, token.size(), folder));
      return paths;
    }
  return {entry};
}

} // namespace sealwax::cli
