#include "model/policy_choice.hpp"

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
  }
  return "unknown refusal";
}

PolicyRefusal refusal_of(const PolicyFileFacts& file, bool secure) {
  if (!S_ISREG(file.mode))
    return PolicyRefusal::not_regular;
  if (file.size >= kPolicySizeLimit)
    return PolicyRefusal::too_large;
  const bool roots_alone = file.owner == 0 && (file.mode & (S_IWGRP | S_IWOTH)) == 0;
  return secure && !roots_alone ? PolicyRefusal::not_roots : PolicyRefusal::none;
}

bool means_absent(int error) {
  return error == ENOENT || error == ENOTDIR;
}

} // namespace sealwax
