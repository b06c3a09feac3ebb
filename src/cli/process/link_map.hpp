// SPDX-License-Identifier: Apache-2.0
// What the loader inside a process calls its objects.
#pragma once

#include "cli/process/survey.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace sealwax::cli {

struct LoaderView {
  /// The program itself, which is not the executable where ld.so was started by hand. An index
  /// into Survey::objects, or Part::kNone: no loader, or one whose lists cannot be read.
  std::size_t program = Part::kNone;
  /// One for each of Survey::objects: whether the loader knows it, and under which name (the
  /// program itself has none).
  std::vector<bool> listed;
  std::vector<std::string> names;
  /// The program's own list, in its order, which is that of loading.
  std::vector<std::size_t> order;
};

/// Reads the loader's list (DT_DEBUG, struct r_debug; gABI and glibc's link.h) from the process's
/// memory. 64-bit processes only.
[[nodiscard]] LoaderView loader_view(const Survey& survey);

/// Whether the loader is in the middle of mapping or unmapping something (r_state, link.h).
[[nodiscard]] bool is_loader_at_work(const Survey& survey);

} // namespace sealwax::cli
