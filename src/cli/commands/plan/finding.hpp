// SPDX-License-Identifier: Apache-2.0
// What about a file keeps it from being sealed, or leaves open what sealing is for.
#pragma once

#include "cli/elf/closure.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct Finding {
  std::string_view kind; ///< a word for programs, as in --json
  std::string object;    ///< the path of the file
  std::string what;      ///< what is so, and what to do about it

  [[nodiscard]] bool is_like(const Finding& other) const {
    return kind == other.kind && what == other.what;
  }
};

/// All kinds that there are.
inline constexpr std::string_view kFindingKinds[] = {"32-bit",
                                                     "other-machine",
                                                     "static",
                                                     "no-loader",
                                                     "packed",
                                                     "setuid",
                                                     "setgid",
                                                     "file-capabilities",
                                                     "asan",
                                                     "no-load-hook",
                                                     "no-relro",
                                                     "partial-relro",
                                                     "text-relocations",
                                                     "executable-stack",
                                                     "writable-code",
                                                     "mutable",
                                                     "mark-without-effect"};

/// What the file itself is, wherever it is loaded.
[[nodiscard]] std::vector<Finding> findings_of_file(const LoadedFile& file);
/// What keeps sealing from a program. `library`: that is to seal it.
[[nodiscard]] std::vector<Finding> findings_of_program(const LoadedFile& program,
                                                       const ElfFile& library);
/// What concerns a library, but neither the loader nor the C library, which are there before any
/// other.
[[nodiscard]] std::vector<Finding> findings_of_library(const LoadedFile& library);

/// It is started by `starter`, an executable that heeds no preload: klibc's programs are so.
[[nodiscard]] Finding finding_of_starter(const LoadedFile& program, const LoadedFile& starter);

/// No loader loads anything for it, so that no preload reaches it.
[[nodiscard]] bool is_static_program(const ElfFile& file);

} // namespace sealwax::cli
