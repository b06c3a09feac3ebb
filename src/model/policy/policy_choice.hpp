// SPDX-License-Identifier: Apache-2.0
// Which policy holds for a program: one answer, for the library in it and for the tool outside.
#pragma once

#include "model/policy/policy.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace sealwax {

inline constexpr const char* kPolicyFolder = "/etc/sealwax";
inline constexpr const char* kSystemPolicy = "/etc/sealwax/policy.conf";
inline constexpr const char* kPolicyVariable = "SEALWAX_POLICY";

/// A file of as many bytes is no policy: some 15,000 sections have fewer.
inline constexpr std::size_t kPolicySizeLimit = std::size_t{1} << 20U;

/// Why a file is not taken for a policy, apart from what it says. The built-in default takes its
/// place then, in the mode of mode_in_place_of().
enum class PolicyRefusal : std::uint8_t {
  none,
  relative_path, ///< what it is depends on the program's working directory
  unreadable,    ///< by an error of the system's
  not_regular,   ///< a directory, or something whose reading could wait or have consequences
  too_large,
  not_roots,        ///< a privileged program would heed who is not privileged
  folder_not_roots, ///< likewise of the folder: who may write there can replace the file
};

/// Whose word a program takes.
enum class Trust : std::uint8_t {
  anybody,          ///< an ordinary program, which is its user's
  root_or_unmapped, ///< root's own program: also what nobody in its user namespace owns
  root,             ///< a program that runs for a caller with more rights than the caller has
};
[[nodiscard]] constexpr Trust trust_of(bool secure, bool is_root) {
  return secure ? Trust::root : is_root ? Trust::root_or_unmapped : Trust::anybody;
}

/// Without what it is about: "not a regular file".
[[nodiscard]] const char* describe(PolicyRefusal refusal);

/// What mode the built-in default has in place of a policy that was refused. Such a policy may have
/// been one that only observes, so that nothing is enforced in its place; but who starts a
/// privileged program, or owns what is not root's, must not open it by bringing the refusal about.
[[nodiscard]] constexpr Mode mode_in_place_of(PolicyRefusal refusal, bool secure) {
  const bool others_doing =
      secure || refusal == PolicyRefusal::not_roots || refusal == PolicyRefusal::folder_not_roots;
  return others_doing ? Mode::enforce : Mode::audit;
}
/// What that comes to, for messages: "nothing is sealed: the built-in default only observes".
[[nodiscard]] const char* describe_in_place(Mode mode);

/// What stat(2) says of a file.
struct PolicyFileFacts {
  static constexpr std::uint32_t kUnknownOwner = ~0U; ///< nobody could be asked
  std::uint32_t mode = 0;                             ///< its type and permissions
  std::uint32_t owner = kUnknownOwner;
  std::uint64_t size = 0; ///< a hint: it may grow, and files of /proc have none
};

/// To be asked of an open file before its first byte is read. Open it with O_NONBLOCK: what is no
/// regular file must neither be waited for.
[[nodiscard]] PolicyRefusal refusal_of(const PolicyFileFacts& file, Trust trust);
/// To be asked of the folder that the system's policy is in.
[[nodiscard]] PolicyRefusal refusal_of_folder(const PolicyFileFacts& folder, Trust trust);

/// Whether opening a file failed because there is none.
[[nodiscard]] bool means_absent(int error);

/// What it depends on which policy holds, beside the files themselves.
struct PolicyCircumstances {
  bool secure = true;             ///< AT_SECURE
  const char* variable = nullptr; ///< SEALWAX_POLICY's value; null: not set
};

enum class Absence : std::uint8_t { is_fine, is_a_fault };

/// Reads policies, and keeps the last one. Each `read` and `refuse` takes the place of what was
/// kept before.
template <typename T>
concept PolicySource = requires(T source, const char* path) {
  source.read(path, Absence::is_fine);
  source.refuse(PolicyRefusal::relative_path, path);
  { source.has_fault() } -> std::convertible_to<bool>; ///< the built-in default is kept for it
  { source.environment() } -> std::convertible_to<Environment>;
};

/// Has `source` read the policy that holds. Under AT_SECURE nothing of the environment counts; and
/// a system's policy that could not be read may have said `environment = deny`.
template <PolicySource Source>
void read_policy_in_force(const PolicyCircumstances& at, Source& source) {
  source.read(kSystemPolicy, Absence::is_fine);
  const bool replaceable =
      !at.secure && !source.has_fault() && source.environment() == Environment::allow;
  if (!replaceable || at.variable == nullptr || *at.variable == '\0')
    return;
  if (*at.variable == '/')
    source.read(at.variable, Absence::is_a_fault);
  else
    source.refuse(PolicyRefusal::relative_path, at.variable);
}

} // namespace sealwax
