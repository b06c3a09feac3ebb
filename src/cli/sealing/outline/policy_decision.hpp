// SPDX-License-Identifier: Apache-2.0
// Which section of a policy decides each key for a program, or for an object in one.
#pragma once

#include "cli/sealing/outline/policy_outline.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// What a policy is asked about. Both names of the object are empty for the process as a whole.
struct PolicySubject {
  std::string_view program;
  std::string_view name; ///< of an object, by which the loader has opened it
  std::string_view path; ///< of an object, by which the kernel knows it
};

struct Decision {
  struct Cause {
    const PolicySection* section;
    const PolicyEntry* entry;
  };

  Key key{};
  std::string value;
  /// The section that set it, and for `seal` those that amended it since. Empty: built in. The
  /// first of a list that only amends is preceded by the built-in value.
  std::vector<Cause> causes;
  bool built_in_first = true; ///< no cause sets the whole value
};

/// One for each key that such a subject has, in the order of the manual page, over the built-in
/// default in this mode. Pure.
[[nodiscard]] std::vector<Decision> decide(std::span<const PolicySection> sections,
                                           const PolicySubject& subject, Mode built_in);

} // namespace sealwax::cli
