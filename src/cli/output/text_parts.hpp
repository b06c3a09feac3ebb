// SPDX-License-Identifier: Apache-2.0
// Text from files, a line and a word at a time.
#pragma once

#include <algorithm>
#include <string_view>

namespace sealwax::cli {

/// Takes the first line off `text`, and returns it without its end.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// `text` without the blanks at its ends.
[[nodiscard]] inline std::string_view trimmed(std::string_view text,
                                              std::string_view blanks = " \t") {
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == text.npos ? text.substr(0, 0)
                            : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

/// The last component of a path.
[[nodiscard]] inline std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// A path without what the kernel adds where the file is no longer there under it
/// (proc_pid_maps(5)).
[[nodiscard]] inline std::string_view without_deleted(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  return path.ends_with(kDeleted) ? path.substr(0, path.size() - kDeleted.size()) : path;
}

} // namespace sealwax::cli
