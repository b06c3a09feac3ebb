#include "cli/sealing/effective_policy.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <utility>

namespace sealwax::cli {
namespace {

std::string unreadable(const std::string& path, std::string_view why) {
  return fmt::format("cannot read the policy {}: {}", path, why);
}

/// What the policy of a process depends on.
struct Circumstances {
  std::string_view program;
  bool secure = false;                 ///< AT_SECURE
  std::optional<std::string> variable; ///< SEALWAX_POLICY
  OpenForReading open;
};

EffectivePolicy read_policy(const Circumstances& at, const std::string& path, bool may_be_missing) {
  const PolicyReading file = read_policy_file(path, at.secure, at.open);
  if (file.missing && may_be_missing)
    return {};
  if (!file.problem.empty())
    return EffectivePolicy::faulty(file.problem);
  return EffectivePolicy::from_text(path, file.text, at.program);
}

EffectivePolicy find_policy(const Circumstances& at) {
  EffectivePolicy system = read_policy(at, kSystemPolicy, true);
  // A system policy that could not be read may have said `deny`.
  const bool denied = at.secure || !system.problem().empty() ||
                      system.rules().process().environment == Environment::deny;
  if (denied || at.variable.value_or("").empty())
    return system;
  if (!at.variable->starts_with('/'))
    return EffectivePolicy::faulty(
        fmt::format("{} is '{}', no absolute path", kPolicyVariable, *at.variable));
  return read_policy(at, *at.variable, false);
}

} // namespace

Descriptor open_here(const std::string& path) {
  return Descriptor{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
}

PolicyReading read_policy_file(const std::string& path, bool secure, const OpenForReading& open) {
  const auto faulty = [&path](std::string_view why, bool missing = false) {
    return PolicyReading{{}, unreadable(path, why), missing};
  };
  const Descriptor file = open(path);
  struct stat status {};
  if (!file.open() || fstat(file.number(), &status) != 0)
    return faulty(std::strerror(errno), errno == ENOENT || errno == ENOTDIR);
  if (!S_ISREG(status.st_mode))
    return faulty("not a regular file");
  if (static_cast<std::size_t>(status.st_size) >= kMaxPolicySize)
    return faulty("larger than 1 MiB");
  // Under AT_SECURE the shim takes only what root alone can have written.
  if (secure && (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0))
    return faulty("a privileged program takes only a file that root alone can write");
  std::optional<std::string> text = read_all(file.number());
  return text ? PolicyReading{std::move(*text), {}, false} : faulty(std::strerror(errno));
}

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

EffectivePolicy policy_of(const Process& process, std::string_view program) {
  Circumstances at;
  at.program = program;
  at.secure = process.auxiliary(AT_SECURE).value_or(1) != 0;
  at.variable = process.environment(kPolicyVariable);
  at.open = [&process](const std::string& path) { return process.open_in_root(path); };
  return find_policy(at);
}

EffectivePolicy policy_after_exec(std::string_view program,
                                  const std::optional<std::string>& variable) {
  Circumstances at;
  at.program = program;
  at.variable = variable;
  at.open = open_here;
  return find_policy(at);
}

EffectivePolicy system_policy(std::string_view program, bool secure, const OpenForReading& open) {
  Circumstances at;
  at.program = program;
  at.secure = secure;
  at.open = open;
  return find_policy(at);
}

EffectivePolicy policy_in_file(std::string_view program, const std::string& path) {
  Circumstances at;
  at.program = program;
  at.open = open_here;
  return read_policy(at, path, false);
}

} // namespace sealwax::cli
