// SPDX-License-Identifier: Apache-2.0
// The text of /proc/PID/smaps as mappings.
#pragma once

#include "model/range.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// Which file a mapping shows. All zero: none, the memory is anonymous.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};

struct Mapping {
  Range range;
  /// As shown: r w x, then p(rivate) or s(hared).
  std::array<char, 4> permissions{'-', '-', '-', 'p'};
  std::uint64_t offset = 0;
  FileId file;
  std::string name; ///< path, [name], or empty
  bool sealed = false;
  bool shared_memory = false; ///< its file lies in memory (tmpfs, memfd); smaps does not tell

  [[nodiscard]] bool executable() const { return permissions[2] == 'x'; }
  [[nodiscard]] bool is_private() const { return permissions[3] == 'p'; }
  [[nodiscard]] bool anonymous() const { return file.inode == 0; }
  [[nodiscard]] bool accessible() const {
    return permissions[0] != '-' || permissions[1] != '-' || permissions[2] != '-';
  }
};

/// The mappings in /proc/PID/maps, which does not tell what is sealed. A line that cannot be read
/// is left out.
[[nodiscard]] std::vector<Mapping> parse_maps(std::string_view text);

/// Whether what lies at `ranges` is, in range, permissions, file, offset and name, what lay there
/// before.
[[nodiscard]] bool are_alike_at(std::span<const Range> ranges, std::span<const Mapping> before,
                                std::span<const Mapping> now);

/// The mapping at an address, of some that ascend; null: none.
[[nodiscard]] const Mapping* mapping_at(std::span<const Mapping> mappings, Address at);

/// Parses smaps as it arrives, so that a process with 65,530 mappings does not need its 46 MB of
/// text in memory. Format: proc(5); Documentation/filesystems/proc.rst for VmFlags.
class SmapsParser {
public:
  /// Text in pieces of any size; lines may lie across them.
  void feed(std::string_view text);
  /// The mappings read so far. False in `complete()` where the text stopped inside a mapping.
  [[nodiscard]] std::vector<Mapping> take();
  [[nodiscard]] bool complete() const { return partial_.empty() && !open_ && !malformed_; }

private:
  void line(std::string_view text);
  void start_mapping(std::string_view text);

  std::vector<Mapping> mappings_;
  std::string partial_;    ///< the begin of a line whose end has not arrived
  bool open_ = false;      ///< the last mapping's VmFlags have not been seen
  bool malformed_ = false; ///< a line that should start a mapping could not be read
};

} // namespace sealwax::cli
