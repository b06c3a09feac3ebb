// SPDX-License-Identifier: Apache-2.0
// Which policy holds for a process, found the way the shim in it finds it.
#pragma once

#include "cli/process/procfs.hpp"
#include "cli/system/system_root.hpp"
#include "model/policy/policy_choice.hpp"

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// A compiled policy together with its memory.
class EffectivePolicy {
public:
  /// The built-in default.
  EffectivePolicy() = default;

  /// Where it comes from: a file's path, or nothing for the built-in default.
  [[nodiscard]] const std::string& source() const { return source_; }
  /// What is wrong with the policy that should hold, as a message. Empty: nothing. What holds in
  /// its place is the built-in default, in the mode in which it does in the shim.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// problem() and what holds in place of that policy, as a message.
  [[nodiscard]] std::string problem_and_stand_in() const;
  [[nodiscard]] const ProgramPolicy& rules() const { return rules_; }
  /// Nobody can tell which policy holds; problem() says why, and rules() mean nothing.
  [[nodiscard]] bool is_unknown() const { return unknown_; }
  /// What whoever looks should know beside, as sentences.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  void add_note(std::string note) { notes_.push_back(std::move(note)); }

  /// The policy in `text`, read from `path`, for `program`.
  [[nodiscard]] static EffectivePolicy from_text(const std::string& path, std::string_view text,
                                                 std::string_view program);
  /// None, because of `problem`, and in its place the built-in default in this mode.
  [[nodiscard]] static EffectivePolicy faulty(std::string problem, Mode stand_in);
  /// Any, and `problem` is why.
  [[nodiscard]] static EffectivePolicy unknown(std::string problem);
  /// What was compiled from `source` elsewhere; nullopt: the records make no sense.
  [[nodiscard]] static std::optional<EffectivePolicy> from_records(const std::string& source,
                                                                   std::vector<char> records);

private:
  std::string source_;
  std::string problem_;
  std::vector<std::string> notes_;
  bool unknown_ = false;
  std::vector<char> storage_;
  ProgramPolicy rules_;
};

/// Opens a file for reading without waiting for it, in the root directory of whatever is looked at.
using OpenForReading = std::function<Descriptor(const std::string& path)>;
/// In that of this process.
[[nodiscard]] Descriptor open_here(const std::string& path);
/// In `root`, which has to outlive it.
[[nodiscard]] OpenForReading open_in(const SystemRoot& root);

/// All of a file, opened by open_here(). nullopt, and errno: it cannot be read.
[[nodiscard]] std::optional<std::string> text_here(const std::string& path);

/// For refusal_of().
[[nodiscard]] PolicyFileFacts facts_of(const struct stat& status);

struct PolicyReading {
  std::string text;
  std::string problem; ///< why it cannot be read, as a message, or nothing
  std::string others;  ///< how others than root and the user can change it, or nothing
  bool missing = false;
  Mode stand_in = Mode::enforce; ///< where there is a problem: what holds in its place
};

/// Reads the policy in `path` as far as the shim would take it. `secure`: in a program that is
/// setuid, say. `user`: who uses it, and may write it; else whoever runs this tool.
[[nodiscard]] PolicyReading read_policy_file(const std::string& path, bool secure,
                                             const OpenForReading& open,
                                             std::optional<uid_t> user = std::nullopt);

/// The policy of a running process whose executable is `program`. Throws ProcessError.
[[nodiscard]] EffectivePolicy policy_of(const Process& process, std::string_view program);

/// The policy that would hold in a process if its program were started now, with `variable` as
/// SEALWAX_POLICY. `secure`: with AT_SECURE.
[[nodiscard]] EffectivePolicy policy_at_start(const Process& process, std::string_view program,
                                              bool secure,
                                              const std::optional<std::string>& variable);

/// The policy of `program` once this process has executed it with `variable` as SEALWAX_POLICY.
[[nodiscard]] EffectivePolicy policy_after_exec(std::string_view program,
                                                const std::optional<std::string>& variable);

/// The system's policy for `program`, whatever SEALWAX_POLICY may say. `secure`: the program is
/// setuid, say, and heeds only what root alone can write.
[[nodiscard]] EffectivePolicy system_policy(std::string_view program, bool secure,
                                            const OpenForReading& open);

/// The policy in the file `path`, as if it held for `program`.
[[nodiscard]] EffectivePolicy policy_in_file(std::string_view program, const std::string& path);

} // namespace sealwax::cli
