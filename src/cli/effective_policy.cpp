#include "cli/effective_policy.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <utility>

namespace sealwax::cli {
namespace {

std::string unreadable(const std::string& path, std::string_view why) {
  return fmt::format("cannot read the policy {}: {}", path, why);
}

/// Under AT_SECURE the shim takes only what root alone can have written.
bool only_root_can_write(const Descriptor& file) {
  struct stat status {};
  return fstat(file.number(), &status) == 0 && status.st_uid == 0 &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

EffectivePolicy system_policy(const Process& process, std::string_view program, bool secure) {
  const Descriptor file = process.open_in_root(kSystemPolicy);
  const int error = errno;
  if (!file.open() && (error == ENOENT || error == ENOTDIR))
    return {};
  if (file.open() && secure && !only_root_can_write(file))
    return EffectivePolicy::faulty(
        unreadable(kSystemPolicy, "not only root can write it, and the program is privileged"));
  return read_policy(file, error, kSystemPolicy, program);
}

} // namespace

EffectivePolicy EffectivePolicy::from_text(const std::string& path, std::string_view text,
                                           std::string_view program) {
  EffectivePolicy policy;
  policy.storage_.resize(ProgramPolicy::storage_bound(text.size()));
  const Result<ProgramPolicy, PolicyError> rules = ProgramPolicy::compile(
      text, program, Slice<char>{policy.storage_.data(), policy.storage_.size()});
  if (!rules) {
    const PolicyError& error = rules.error();
    std::string problem =
        fmt::format("{}:{}:{}: {}", path, error.line, error.column, error.message);
    if (!error.word.empty())
      problem += fmt::format(" ('{}')", error.word);
    return faulty(std::move(problem));
  }
  policy.storage_.resize(rules->storage_used());
  policy.rules_ = *rules;
  policy.source_ = path;
  return policy;
}

EffectivePolicy EffectivePolicy::faulty(std::string problem) {
  EffectivePolicy policy;
  policy.problem_ = std::move(problem);
  return policy;
}

EffectivePolicy read_policy(const Descriptor& file, int error, const std::string& path,
                            std::string_view program) {
  if (!file.open())
    return EffectivePolicy::faulty(unreadable(path, std::strerror(error)));
  struct stat status {};
  if (fstat(file.number(), &status) != 0)
    return EffectivePolicy::faulty(unreadable(path, std::strerror(errno)));
  if (!S_ISREG(status.st_mode))
    return EffectivePolicy::faulty(unreadable(path, "not a regular file"));
  if (static_cast<std::size_t>(status.st_size) > kMaxPolicySize)
    return EffectivePolicy::faulty(unreadable(path, "too large for a policy"));
  const std::optional<std::string> text = read_all(file.number());
  if (!text)
    return EffectivePolicy::faulty(unreadable(path, std::strerror(errno)));
  return EffectivePolicy::from_text(path, *text, program);
}

EffectivePolicy policy_of(const Process& process, std::string_view program) {
  const bool secure = process.auxiliary(AT_SECURE).value_or(1) != 0;
  EffectivePolicy policy = system_policy(process, program, secure);
  if (secure || policy.rules().process().environment == Environment::deny)
    return policy;
  const std::optional<std::string> path = process.environment(kPolicyVariable);
  if (!path || path->empty() || path->front() != '/')
    return policy;
  const Descriptor file = process.open_in_root(*path);
  return read_policy(file, errno, *path, program);
}

} // namespace sealwax::cli
