// SPDX-License-Identifier: Apache-2.0
// Whether what a process executes finds the library by /etc/ld.so.preload, though it sees other
// files than the system: in a sandbox, a container, below another root directory.
#pragma once

#include "cli/process/procfs.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sealwax::cli {

enum class PreloadElsewhere : std::uint8_t {
  /// It sees the system's files; or the library arrives all the same; or there is no loader, so
  /// that
  /// it can execute nothing that would take the library.
  nothing_missing,
  no_list,
  other_list, ///< which does not name the library
  no_library, ///< the list names it, and it is not there
  not_read,   ///< the C library there is musl, which reads no list
};

/// What makes it see other files, as far as that can be told.
enum class Elsewhere : std::uint8_t { flatpak, snap, container, unit, root_directory, sandbox };

/// Opens files in the process's root, which can lie on a file system that never answers.
[[nodiscard]] PreloadElsewhere preload_elsewhere(const Process& process);
[[nodiscard]] Elsewhere elsewhere(const Process& process);

/// What is missing there, as a sentence without its end. Not of nothing_missing.
[[nodiscard]] std::string_view describe(PreloadElsewhere preload);

} // namespace sealwax::cli
