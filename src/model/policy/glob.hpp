// SPDX-License-Identifier: Apache-2.0
// Shell patterns over paths: `*` `?` `[...]` `\`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

enum class GlobFault : std::uint8_t {
  none,
  empty,
  open_bracket,       ///< a `[` without its `]`
  trailing_backslash, ///< nothing behind it that it could escape
  backward_range,     ///< [z-a]
  character_class,    ///< [[:alpha:]], which would silently mean something else
};

[[nodiscard]] const char* describe(GlobFault fault);

/// `at`: where the faulty part begins.
[[nodiscard]] GlobFault check_glob(std::string_view glob, std::size_t& at);

/// Whether the whole of `path` matches, or its last component where `glob` has no slash. `*`, `?`
/// and `[...]` match a slash too; `?` and `[...]` stand for one byte. At most quadratic.
/// A glob with a fault matches as far as it can be understood.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view path);

} // namespace sealwax
