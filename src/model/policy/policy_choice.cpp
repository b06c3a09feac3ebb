// SPDX-License-Identifier: Apache-2.0
#include "model/policy/policy_choice.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace sealwax {

const char* describe(PolicyRefusal refusal) {
  switch (refusal) {
  case PolicyRefusal::none:
    return "nothing is wrong with it";
  case PolicyRefusal::relative_path:
    return "SEALWAX_POLICY is no absolute path";
  case PolicyRefusal::unreadable:
    return "cannot be read";
  case PolicyRefusal::not_regular:
    return "not a regular file";
  case PolicyRefusal::too_large:
    return "larger than 1 MiB";
  case PolicyRefusal::not_roots:
    return "a privileged program takes only a file that root alone can write";
  case PolicyRefusal::folder_not_roots:
    return "a privileged program takes only a file in a folder that root alone can write";
  }
  return "unknown refusal";
}

const char* describe_in_place(Mode mode) {
  switch (mode) {
  case Mode::enforce:
    return "the built-in default holds instead";
  case Mode::audit:
    return "nothing is sealed: the built-in default only observes";
  case Mode::off:
    return "nothing is sealed";
  }
  return "unknown mode";
}

namespace {

/// user_namespaces(7): the owner that is shown where the true one has no number in the namespace.
constexpr std::uint32_t kOverflowUser = 65534;

bool is_trusted(const PolicyFileFacts& file, Trust trust) {
  if (trust == Trust::anybody)
    return true;
  const bool others_write = (file.mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool owned =
      file.owner == 0 ||
      (trust == Trust::root_or_unmapped &&
       (file.owner == kOverflowUser || file.owner == PolicyFileFacts::kUnknownOwner));
  return owned && !others_write;
}

} // namespace

PolicyRefusal refusal_of(const PolicyFileFacts& file, Trust trust) {
  if (!S_ISREG(file.mode))
    return PolicyRefusal::not_regular;
  if (file.size >= kPolicySizeLimit)
    return PolicyRefusal::too_large;
  return is_trusted(file, trust) ? PolicyRefusal::none : PolicyRefusal::not_roots;
}

PolicyRefusal refusal_of_folder(const PolicyFileFacts& folder, Trust trust) {
  return is_trusted(folder, trust) ? PolicyRefusal::none : PolicyRefusal::folder_not_roots;
}

bool means_absent(int error) {
  return error == ENOENT || error == ENOTDIR;
}

} // namespace sealwax
