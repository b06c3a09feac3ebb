// SPDX-License-Identifier: Apache-2.0
// The files of a system: this one, or one that lies in a folder (--root DIR).
#pragma once

#include "cli/system/descriptor.hpp"

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

struct OpenFile {
  Descriptor descriptor;
  struct stat status = {};
  std::string path; ///< without links, as the system itself names it
};

class SystemRoot {
public:
  /// This system.
  SystemRoot() = default;
  /// The one in `folder`. Throws CommandError where there is none.
  explicit SystemRoot(const std::string& folder);

  /// Whether it is the system that this process runs on.
  [[nodiscard]] bool is_own() const { return folder_.empty(); }
  /// `path` for people: with the folder in front.
  [[nodiscard]] std::string shown(const std::string& path) const { return folder_ + path; }

  /// Opens what the absolute `path` names there, for reading, without waiting for anybody. No link
  /// leads out of the folder. nullopt, and errno: it cannot be opened.
  [[nodiscard]] std::optional<OpenFile> open(const std::string& path) const;
  /// All of a file. nullopt, and errno: it cannot be read. Throws CommandError: it has more than
  /// kMostBytes, and what it says is not known.
  [[nodiscard]] std::optional<std::string> text(const std::string& path) const;
  [[nodiscard]] std::optional<std::string> text(const OpenFile& file) const;
  /// The names in a folder, sorted, without . and .. ; none where it cannot be read.
  [[nodiscard]] std::vector<std::string> names(const std::string& path) const;

private:
  [[nodiscard]] int open_number(const std::string& path, int flags) const;

  std::string folder_; ///< absolute, without links and without a slash at its end
  Descriptor descriptor_;
};

/// What gives a file or folder to be changed to others than root and `user`. Empty: nothing.
[[nodiscard]] std::string weakness_of(const struct stat& status, uid_t user = 0);

/// How somebody other than root can change `file` or put another one in its place, as a message:
/// its owner, its mode, and those of the folders above it. Empty: nobody can.
[[nodiscard]] std::string open_to_others(const SystemRoot& root, const OpenFile& file);

} // namespace sealwax::cli
