// SPDX-License-Identifier: Apache-2.0
// Which version of Sealwax a library's file is of.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// By its note. nullopt: it has none, or is no ELF file.
[[nodiscard]] std::optional<std::string> read_library_version(int descriptor);

/// Number by number: 0.10 comes behind 0.9. What is no number counts as 0.
[[nodiscard]] std::strong_ordering compare_versions(std::string_view left, std::string_view right);

} // namespace sealwax::cli
