// SPDX-License-Identifier: Apache-2.0
// Which line of a policy leaves a part of a process open.
#pragma once

#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/outline/policy_decision.hpp"
#include "model/mapping/verdict.hpp"

namespace sealwax::cli {

/// The lines of the policy that a process holds, where its file still says that.
class PolicyLines {
public:
  /// `program`: the path by which policies name it. `file` leads to the policy's source.
  PolicyLines(const EffectivePolicy& policy, std::string_view program, const Descriptor& file);

  /// The line by which `region` of the subject is observed or left alone, whichever `verdict` is.
  /// 0: none that can be told.
  [[nodiscard]] std::uint32_t excuse_of(const PolicySubject& subject, Region region,
                                        MappingVerdict verdict) const;

private:
  std::vector<PolicySection> sections_;
};

} // namespace sealwax::cli
