// SPDX-License-Identifier: Apache-2.0
// What the kernel gives a program at its start.
#pragma once

#include <cstddef>
#include <string_view>

namespace sealwax::start {

struct Startup {
  char** arguments = nullptr; ///< end with a null pointer
  char** environment = nullptr;
  std::size_t page_size = 0;
  bool secure = true; ///< AT_SECURE
  unsigned user = 0;  ///< the real one
  unsigned group = 0;
  const char* executed = ""; ///< AT_EXECFN: what execve(2) was given

  /// Null: it is not set.
  [[nodiscard]] const char* variable(std::string_view name) const;
};

/// From the first word of the stack on.
[[nodiscard]] Startup startup_at(char** stack);

/// Whether an entry of the environment is the variable's.
[[nodiscard]] bool is_variable(const char* entry, std::string_view name);

} // namespace sealwax::start
