// SPDX-License-Identifier: Apache-2.0
// How a kernel was built.
#pragma once

#include "cli/system/system_root.hpp"

#include <string>
#include <string_view>

namespace sealwax::cli {

/// The configuration of the system's kernel, from /proc/config.gz or /boot/config-RELEASE. Empty:
/// it has neither that can be read.
[[nodiscard]] std::string kernel_config(const SystemRoot& root);

/// Whether `config` has `option` built in.
[[nodiscard]] bool has_option(std::string_view config, std::string_view option);

} // namespace sealwax::cli
