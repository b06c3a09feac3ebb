// SPDX-License-Identifier: Apache-2.0
// Variables that an object in a process shows to others.
#pragma once

#include "cli/process/survey.hpp"

#include <optional>
#include <string_view>

namespace sealwax::cli {

/// Where the variable `name` of a 64-bit object lies in its process, by the object's GNU hash table
/// (gABI; binutils' DT_GNU_HASH). nullopt: it has none, or its tables make no sense.
[[nodiscard]] std::optional<Address> find_variable(const Memory& memory, const Object& object,
                                                   std::string_view name);

} // namespace sealwax::cli
