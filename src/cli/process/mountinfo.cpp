// SPDX-License-Identifier: Apache-2.0
#include "cli/process/mountinfo.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>

namespace sealwax::cli {
namespace {

/// Takes what is in front of the next `separator` off the front.
std::string_view take(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

std::optional<Mount> mount_in(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty())
    words.push_back(take(line, ' '));
  // Two numbers are in front, and behind the options as many further fields as there are.
  constexpr std::ptrdiff_t kDevice = 2, kFurther = 6, kBehindDash = 4;
  const auto dash = std::find(words.begin() + std::min<std::ptrdiff_t>(kFurther, std::ssize(words)),
                              words.end(), "-");
  if (words.end() - dash < kBehindDash)
    return std::nullopt;
  const auto* const front = &words[kDevice];
  return Mount{front[0], front[1], front[2], front[3], dash[1], dash[2], dash[3]};
}

} // namespace

std::vector<Mount> mounts_in(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  while (!mountinfo.empty())
    if (const std::optional<Mount> mount = mount_in(take(mountinfo, '\n')))
      mounts.push_back(*mount);
  return mounts;
}

bool has_mount_option(std::string_view options, std::string_view wanted) {
  while (!options.empty())
    if (take(options, ',') == wanted)
      return true;
  return false;
}

} // namespace sealwax::cli
