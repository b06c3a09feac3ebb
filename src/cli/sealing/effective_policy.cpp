// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/effective_policy.hpp"

#include "cli/process/process_facts.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
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
  std::optional<uid_t> user;           ///< who runs it; else who runs this tool
  OpenForReading open;
};

/// Reads as the library does, by whatever way leads to the files.
class Source {
public:
  explicit Source(const Circumstances& at) : at_(at) {}

  void read(const std::string& path, Absence absence) {
    const PolicyReading file = read_policy_file(path, at_.secure, at_.open, at_.user);
    if (file.missing && absence == Absence::is_fine)
      policy_ = {};
    else if (!file.problem.empty())
      policy_ = EffectivePolicy::faulty(file.problem, file.stand_in);
    else
      policy_ = EffectivePolicy::from_text(path, file.text, at_.program);
    if (!file.missing && !file.others.empty())
      policy_.add_note(file.others);
  }
  void refuse(PolicyRefusal refusal, const std::string& path) {
    policy_ = EffectivePolicy::faulty(
        refusal == PolicyRefusal::relative_path
            ? fmt::format("{} is '{}', no absolute path", kPolicyVariable, path)
            : unreadable(path, describe(refusal)),
        mode_in_place_of(refusal, at_.secure));
  }
  [[nodiscard]] bool has_fault() const { return !policy_.problem().empty(); }
  [[nodiscard]] Environment environment() const { return policy_.rules().process().environment; }
  [[nodiscard]] EffectivePolicy take() { return std::move(policy_); }

private:
  const Circumstances& at_;
  EffectivePolicy policy_;
};

/// Who can write a file, or a folder above it, says what it says.
std::string open_to_others(const std::string& path, const struct stat& status,
                           const OpenForReading& open, uid_t user) {
  if (const std::string why = weakness_of(status, user); !why.empty())
    return fmt::format("the policy {} {}", path, why);
  for (std::filesystem::path folder = path; folder.has_relative_path();) {
    folder = folder.parent_path();
    const Descriptor opened = open(folder.string());
    struct stat found = {};
    if (!opened.open() || fstat(opened.number(), &found) != 0)
      continue;
    if (const std::string why = weakness_of(found, user); !why.empty())
      return fmt::format("the policy {} is in a folder of others: {} {}", path, folder.string(),
                         why);
  }
  return {};
}

EffectivePolicy find_policy(const Circumstances& at) {
  Source source{at};
  read_policy_in_force({at.secure, at.variable ? at.variable->c_str() : nullptr}, source);
  return source.take();
}

} // namespace

Descriptor open_here(const std::string& path) {
  return reopened_to_read(Descriptor{open(path.c_str(), O_PATH | O_CLOEXEC)});
}

OpenForReading open_in(const SystemRoot& root) {
  return [&root](const std::string& path) {
    std::optional<OpenFile> file = root.open(path);
    return file ? std::move(file->descriptor) : Descriptor{};
  };
}

std::optional<std::string> text_here(const std::string& path) {
  const Descriptor file = open_here(path);
  return file.open() ? read_all(file.number()) : std::nullopt;
}

PolicyFileFacts facts_of(const struct stat& status) {
  return {status.st_mode, status.st_uid, static_cast<std::uint64_t>(status.st_size)};
}

PolicyReading read_policy_file(const std::string& path, bool secure, const OpenForReading& open,
                               std::optional<uid_t> user) {
  const auto faulty = [&path, secure](PolicyRefusal refusal, std::string_view why,
                                      bool missing = false) {
    return PolicyReading{{}, unreadable(path, why), {}, missing, mode_in_place_of(refusal, secure)};
  };
  const Descriptor file = open(path);
  struct stat status = {};
  if (!file.open() || fstat(file.number(), &status) != 0)
    return faulty(PolicyRefusal::unreadable, std::strerror(errno), means_absent(errno));
  if (const PolicyRefusal refusal = refusal_of(facts_of(status), trust_of(secure, false));
      refusal != PolicyRefusal::none)
    return faulty(refusal, describe(refusal));
  std::optional<std::string> text = read_all(file.number(), kPolicySizeLimit - 1);
  if (!text)
    return faulty(PolicyRefusal::unreadable,
                  errno == EFBIG ? describe(PolicyRefusal::too_large) : std::strerror(errno));
  return PolicyReading{
      std::move(*text), {}, open_to_others(path, status, open, user.value_or(geteuid())), false};
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
    return faulty(std::move(problem), error.mode);
  }
  policy.storage_.resize(rules->storage_used());
  policy.rules_ = *rules;
  policy.source_ = path;
  return policy;
}

EffectivePolicy EffectivePolicy::faulty(std::string problem, Mode stand_in) {
  EffectivePolicy policy;
  policy.problem_ = std::move(problem);
  policy.storage_.resize(ProgramPolicy::storage_bound(0));
  policy.rules_ =
      ProgramPolicy::built_in(stand_in, {policy.storage_.data(), policy.storage_.size()});
  return policy;
}

std::string EffectivePolicy::problem_and_stand_in() const {
  return fmt::format("{}; {}", problem_, describe_in_place(rules_.process().mode));
}

EffectivePolicy EffectivePolicy::unknown(std::string problem) {
  EffectivePolicy policy = faulty(std::move(problem), Mode::enforce);
  policy.unknown_ = true;
  return policy;
}

std::optional<EffectivePolicy> EffectivePolicy::from_records(const std::string& source,
                                                             std::vector<char> records) {
  EffectivePolicy policy;
  policy.source_ = source;
  policy.storage_ = std::move(records);
  if (!policy.rules_.take_records({policy.storage_.data(), policy.storage_.size()}))
    return std::nullopt;
  return policy;
}

EffectivePolicy policy_of(const Process& process, std::string_view program) {
  return policy_at_start(process, program, process.auxiliary(AT_SECURE).value_or(1) != 0,
                         process.environment(kPolicyVariable));
}

EffectivePolicy policy_at_start(const Process& process, std::string_view program, bool secure,
                                const std::optional<std::string>& variable) {
  Circumstances at;
  at.program = program;
  at.secure = secure;
  at.variable = variable;
  at.open = [&process](const std::string& path) { return process.open_in_root(path); };
  at.user = user_of(process.text("status").value_or(""));
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
  Source source{at};
  source.read(path, Absence::is_a_fault);
  return source.take();
}

} // namespace sealwax::cli
