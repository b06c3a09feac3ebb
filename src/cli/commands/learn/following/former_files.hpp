// SPDX-License-Identifier: Apache-2.0
// Which files mappings showed before the library put something else in their place.
#pragma once

#include "cli/process/smaps.hpp"

#include <span>
#include <vector>

namespace sealwax::cli::learn {

/// Code and tables that the library moves to private memory have no name in /proc/PID/maps any
/// more. They are still of the files that they came from. A copy is what a fork makes.
class FormerFiles {
public:
  /// Something takes the place of what `mappings` have in `range`.
  void add(Range range, std::span<const Mapping> mappings);
  /// What comes to lie there is of none of these files.
  void remove(Range range);
  /// The mappings, with their former files given to those parts that show none.
  [[nodiscard]] std::vector<Mapping> restored_in(std::span<const Mapping> mappings) const;

private:
  std::vector<Mapping> former_; ///< ascending, without overlaps
};

} // namespace sealwax::cli::learn
