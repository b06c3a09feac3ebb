// SPDX-License-Identifier: Apache-2.0
// What a process's memory is for, and how much of it is sealed.
#pragma once

#include "cli/process/objects.hpp"
#include "cli/process/procfs.hpp"
#include "cli/process/smaps.hpp"
#include "model/region.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sealwax::cli {

/// A mapping, or the share of one that is all one region of one object.
struct Part {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Range range;
  std::size_t mapping = 0;      ///< index into Survey::mappings
  std::size_t object = kNone;   ///< index into Survey::objects
  std::optional<Region> region; ///< none: no policy can name it (heap, files, ...)
};

struct RegionCounts {
  std::size_t mappings = 0;
  std::size_t bytes = 0;
  std::size_t sealed_mappings = 0;
  std::size_t sealed_bytes = 0;
  bool operator==(const RegionCounts&) const = default;
};

/// A region's counts; nullopt: unknown.
using RegionTable = std::array<std::optional<RegionCounts>, kRegionCount>;

struct Survey {
  std::vector<Mapping> mappings;
  std::vector<Object> objects;
  std::vector<Part> parts; ///< ascending
  /// False: program headers could not be read, and only vdso and stack are known.
  bool objects_known = false;
  /// See FoundObjects.
  std::vector<std::string> unclear;
  /// Of `unclear`, those on file systems that may never answer: their memory is not read.
  std::vector<std::string> unread;
  /// Held open where `objects_known`.
  std::optional<Memory> memory;

  [[nodiscard]] RegionTable regions() const;
};

/// Looks at a process. Throws ProcessError.
[[nodiscard]] Survey survey(const Process& process);

/// The mappings split at the borders of regions. `vdso`: where the kernel put it; moved to private
/// memory it has no name any more. Pure.
[[nodiscard]] std::vector<Part> split(std::span<const Mapping> mappings,
                                      std::span<const Object> objects, Address vdso = 0);

} // namespace sealwax::cli
