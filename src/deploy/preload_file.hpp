// SPDX-License-Identifier: Apache-2.0
// /etc/ld.so.preload on the disk: read, and replaced such that at any moment it is the old or the
// new one, whole. No allocation and no exception: sealwax-rescue shares it.
#pragma once

#include "deploy/folder_lock.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax::deploy {

inline constexpr const char* kPreloadPath = "/etc/ld.so.preload";
/// Where the new text is written before it takes the file's name.
inline constexpr const char* kDraftPath = "/etc/ld.so.preload.sealwax-new";

/// What went wrong: "cannot ACTION OBJECT: ERROR". ACTION is nullptr where nothing did.
struct Failure {
  const char* action = nullptr;
  const char* object = "";
  int error = 0;
  [[nodiscard]] bool happened() const { return action != nullptr; }
};

/// What to do about an error, where that is known; else `otherwise`.
[[nodiscard]] const char* advice_on(int error, const char* otherwise);

/// The /etc of a system, below `root`. No symbolic link leads out of that root.
class Etc {
public:
  Etc() = default;
  Etc(const Etc&) = delete;
  Etc& operator=(const Etc&) = delete;
  ~Etc();

  /// Where there is no /etc, that is no failure: there is nothing in it then.
  [[nodiscard]] Failure open(const char* root);
  /// Keeps other instances of sealwax out until this one is gone.
  [[nodiscard]] Failure lock();
  [[nodiscard]] int root() const { return root_; }
  [[nodiscard]] int folder() const { return folder_; }

private:
  int root_ = -1;
  int folder_ = -1;
  FolderLock lock_;
};

/// The file as it was read.
struct PreloadFile {
  static constexpr std::size_t kCapacity = 65'536; ///< ld.so has no limit, but nobody has more
  bool exists = false;
  bool is_link = false;
  struct stat status = {};
  std::size_t size = 0;
  char bytes[kCapacity];

  [[nodiscard]] std::string_view text() const { return {bytes, size}; }
};

[[nodiscard]] Failure read_preload(const Etc& etc, PreloadFile& file);

/// Puts `text` in place of `old`, with its owner, mode and extended attributes; without any text
/// there is no file. EAGAIN: the file is no longer `old`.
[[nodiscard]] Failure replace_preload(const Etc& etc, const PreloadFile& old,
                                      std::string_view text);

/// Makes of `old` what end_of_common() says can be made in the file itself, by one write. Whatever
/// is mounted over the file elsewhere stays there, which the kernel takes away where the file is
/// replaced. EAGAIN: the file is no longer `old`.
[[nodiscard]] Failure write_behind(const Etc& etc, const PreloadFile& old, std::string_view text,
                                   std::size_t kept);

/// Makes an empty file where there is none; `made` says whether there was none.
[[nodiscard]] Failure make_empty_preload(const Etc& etc, bool& made);

/// What became of Sealwax's own entries.
enum class Removal { none_there, removed, blanked };

/// Whether the file has to stay the same file.
enum class InPlace : std::uint8_t { no, yes };

/// Takes Sealwax's own entries out of the file. In place, and on a full disk, they are written over
/// with blanks: that takes no room, and whatever of it is done at any moment, no library of that
/// name is loaded.
[[nodiscard]] Failure remove_entries(Etc& etc, Removal& removal, InPlace in_place = InPlace::no);

} // namespace sealwax::deploy
