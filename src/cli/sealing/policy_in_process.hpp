// SPDX-License-Identifier: Apache-2.0
// The policy that a running process holds, whatever its files say by now.
#pragma once

#include "cli/process/survey.hpp"
#include "cli/sealing/effective_policy.hpp"

#include <string_view>

namespace sealwax::cli {

/// By what the library in the process shows of it (model/policy/held_policy.hpp). Where no library
/// is loaded, the policy that would hold. `program`: the path by which policies name it. Throws
/// ProcessError.
[[nodiscard]] EffectivePolicy policy_in(const Process& process, const Survey& survey,
                                        std::string_view program);

} // namespace sealwax::cli
