// SPDX-License-Identifier: Apache-2.0
// What people name by a word where a path is wanted.
#pragma once

#include "cli/system/system_root.hpp"

#include <string>

namespace sealwax::cli {

/// The file of a policy: a path, the name of a file that is here, or NAME where NAME.conf is in
/// /etc/sealwax or comes with Sealwax. A path as the system itself has it. Throws CommandError.
[[nodiscard]] std::string policy_named(const SystemRoot& root, const std::string& name);

/// The file of a program: a path, the name of a file that is here, of one in PATH or in the
/// administrator's folders, or of what runs. What is none of these stays as it is.
[[nodiscard]] std::string program_named(const SystemRoot& root, const std::string& name);

/// "did you mean 'NAME'? ", where no program has this name and one has nearly that; or nothing.
[[nodiscard]] std::string program_meant(const SystemRoot& root, const std::string& name);

} // namespace sealwax::cli
