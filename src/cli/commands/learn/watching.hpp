// SPDX-License-Identifier: Apache-2.0
// A policy that watches in place of sealing.
#pragma once

#include <string>
#include <string_view>

namespace sealwax::cli::learn {

/// `policy` with each `mode = enforce` an audit, whose reports go to the journal; what it leaves
/// off stays off. Empty: the built-in default's. Pure.
[[nodiscard]] std::string watching(std::string_view policy);

} // namespace sealwax::cli::learn
