// SPDX-License-Identifier: Apache-2.0
// Writing a file such that nobody reads half of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace sealwax::cli {

enum class NewMode : std::uint8_t {
  usual, ///< that open(2) gives
  kept,  ///< that of the file that was there, and where root replaces it its owner; else 0644, for
         ///< programs of every user read it
};

/// Replaces the file at `path` by one with `text`. 0, or errno; then `path` is what it was.
[[nodiscard]] int replace_file(const std::string& path, std::string_view text,
                               NewMode mode = NewMode::usual);

/// Makes the folder at `path` and those above it, through which programs of every user can go
/// whatever the caller's files are for. What is wrong, or nothing.
[[nodiscard]] std::error_code make_open_folder(const std::string& path);

} // namespace sealwax::cli
