// SPDX-License-Identifier: Apache-2.0
// The system's policy and its parts: /etc/sealwax/policy.d, which `sealwax policy apply` puts into
// /etc/sealwax/policy.conf, behind what stands there.
#pragma once

#include "cli/system/system_root.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

inline constexpr const char* kPartsFolder = "/etc/sealwax/policy.d";

struct PolicyPart {
  std::string path; ///< as the system itself names it
  std::string text;
};

/// A policy's own text, in front of what was taken into it from its parts and behind that. Lines of
/// their own tell the three apart.
struct DividedPolicy {
  std::string front;
  std::string taken;
  std::string behind;
  bool is_sound = true; ///< else the line is missing behind which its own text goes on
};
[[nodiscard]] DividedPolicy divide(std::string_view text);
/// `own` with what the parts say in place of what was taken before, in their order and without
/// their comments. Pure.
[[nodiscard]] std::string with_parts(const DividedPolicy& own,
                                     const std::vector<PolicyPart>& parts);

struct SystemPolicy {
  bool exists = false; ///< there is a policy.conf
  std::string text;    ///< of it
  std::vector<PolicyPart> parts;
  std::vector<std::string> problems; ///< why some part or the policy cannot be taken, as messages

  /// Takes in a part at its place; its mistakes, at `shown`, go to `problems`.
  void put(PolicyPart part, const std::string& shown);
  /// Leaves the part at `path` out, and what was wrong with it.
  void take_out(const std::string& path, const std::string& shown);
  /// What the file should say.
  [[nodiscard]] std::string wanted() const { return with_parts(divide(text), parts); }
};

/// Parts in the byte order of their names.
[[nodiscard]] SystemPolicy read_system_policy(const SystemRoot& root);

/// What keeps the policy that holds from saying what its parts say, as a message. Empty: nothing.
[[nodiscard]] std::string stale_policy(const SystemRoot& root);

} // namespace sealwax::cli
