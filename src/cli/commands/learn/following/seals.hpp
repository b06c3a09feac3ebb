// SPDX-License-Identifier: Apache-2.0
// The ranges of one address space that are sealed, or would be.
#pragma once

#include "model/range.hpp"
#include "model/region.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli::learn {

/// What a range belongs to.
struct Place {
  bool is_known = false;
  std::string object;           ///< its path, or [name]; empty: it has no name
  std::optional<Region> region; ///< none: no policy can name it
  /// The program has mapped it by itself, past the loader.
  bool is_mapped_code = false;
};

struct Seal {
  Range range;
  std::shared_ptr<const Place> place; ///< null: not yet found out
};

/// Ranges ascend and do not overlap. A copy is what a fork makes.
class Seals {
public:
  void add(Range range, const std::shared_ptr<const Place>& place = nullptr);
  void remove(Range range);

  /// The parts of seals that lie in `range`.
  [[nodiscard]] std::vector<Seal> in(Range range) const;
  [[nodiscard]] bool touches(Range range) const {
    return first_behind(range.begin) < end_of(range);
  }
  /// Those whose place is not known.
  [[nodiscard]] std::vector<Range> unnamed() const;

private:
  [[nodiscard]] std::size_t first_behind(Address at) const;
  [[nodiscard]] std::size_t end_of(Range range) const;
  void insert(const Seal& seal);

  std::vector<Seal> seals_;
};

} // namespace sealwax::cli::learn
