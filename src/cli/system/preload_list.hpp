// SPDX-License-Identifier: Apache-2.0
// /etc/ld.so.preload as glibc's ld.so reads it.
#pragma once

#include "deploy/preload_file.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// The libraries that `text` names: between blanks, line feeds and colons, without comments
/// (elf/rtld.c: do_preload and handle_preload_list).
[[nodiscard]] std::vector<std::string> preload_entries(std::string_view text);

/// Whether an entry names Sealwax's library, wherever that is.
[[nodiscard]] bool is_sealwax(std::string_view entry);

/// The paths that an entry with $LIB in it (ld.so(8)) can stand for; else the entry itself.
[[nodiscard]] std::vector<std::string> expand_lib(const std::string& entry);

} // namespace sealwax::cli
