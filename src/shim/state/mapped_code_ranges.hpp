// SPDX-License-Identifier: Apache-2.0
// The code that a program mapped by itself and that was sealed.
#pragma once

#include "shim/state/range_table.hpp"

#include <atomic>
#include <string_view>

namespace sealwax::shim {

/// Beside the table of objects, which is written under the loader's lock: here any thread may add,
/// in a signal handler too. Only grows, as what is sealed does.
class MappedCodeRanges {
public:
  /// Copies the path. False: no memory for it.
  bool add(PageRange range, std::string_view path);
  [[nodiscard]] const NamedRange* find(Range range) const;

private:
  struct Entry;
  struct Taken;
  struct Chunk;
  std::atomic<Chunk*> newest_ = nullptr;
};

extern MappedCodeRanges mapped_code_ranges;

} // namespace sealwax::shim
