// SPDX-License-Identifier: Apache-2.0
// A place in a process's code, by name.
#pragma once

#include "model/range.hpp"

#include <string>

namespace sealwax::cli {

struct Frame {
  bool is_known = false;
  std::string object;   ///< the path of the file whose code it is; empty: none's
  Address offset = 0;   ///< of where it goes on, by the addresses in that file
  std::string function; ///< as people write it, without parameters; empty: not known

  /// "lock_tables (libplugin.so+0x1234)", or without a function its place alone.
  [[nodiscard]] std::string text() const;
  bool operator==(const Frame&) const = default;
};

} // namespace sealwax::cli
