// Writing a file such that nobody reads half of it.
#pragma once

#include <string>
#include <string_view>

namespace sealwax::cli {

/// Replaces the file at `path` by one with `text`, of the mode that open(2) gives. 0, or errno;
/// then `path` is what it was.
[[nodiscard]] int replace_file(const std::string& path, std::string_view text);

} // namespace sealwax::cli
