// SPDX-License-Identifier: Apache-2.0
// What a shared object asks of every program that it is preloaded into.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

struct PreloadObject {
  bool whole = false;                 ///< the file has all that its segments map
  bool needs_versions = false;        ///< DT_VERNEED
  std::vector<std::string> undefined; ///< symbols that somebody has to define (not weak)
};

/// nullopt: `descriptor` is no ELF file.
[[nodiscard]] std::optional<PreloadObject> read_preload_object(int descriptor);

} // namespace sealwax::cli
