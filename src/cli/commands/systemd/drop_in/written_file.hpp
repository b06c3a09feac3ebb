// SPDX-License-Identifier: Apache-2.0
// A file that is there whole or not at all.
#pragma once

#include <string>

namespace sealwax::cli {

/// Puts `text` there, by a file of its own and rename; without any text there is no file, and no
/// folder that is empty. Throws CommandError.
void write_or_remove(const std::string& path, const std::string& text);

/// Takes away what one that was killed has left where there is no file, as far as that is there.
void remove_remains(const std::string& path);

} // namespace sealwax::cli
