// SPDX-License-Identifier: Apache-2.0
// Trying a /etc/ld.so.preload on real programs before it is put in place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// A program to start, and what about it is to be the same with the new file as with the old.
struct TrialProgram {
  std::string name; ///< for messages: its path, and what is particular
  std::vector<std::string> command;
  bool as_nobody = false;     ///< by another user than root, which is when a setuid bit counts
  bool setuid = false;        ///< whose setuid bit is to count
  bool only_loaded = false;   ///< let ld.so load it, as ldd(1) does, and not start it
  bool tells_objects = false; ///< writes what is loaded into it, which differs of course
};

/// How one of them ended.
struct TrialOutcome {
  std::string end; ///< "exited with 0", "died of signal 7 (Bus error)" and the like
  std::string out;
  std::string err;
};

/// What there is to try in the system below `root`: an ordinary program, a shell, a setuid program,
/// sudo, what PID 1 runs, and a 32-bit program. Without root's rights no other user is tried, and
/// so no setuid program either.
[[nodiscard]] std::vector<TrialProgram> trial_programs(const std::string& root);

/// Runs them with `root` as their root directory and `text` in their /etc/ld.so.preload (nullopt:
/// no such file), in mounts that nobody else sees; those of another root than / confined, so that
/// nothing of the host is reached (see trial_confinement). Throws CommandError.
[[nodiscard]] std::vector<TrialOutcome> try_preload(const std::string& root,
                                                    const std::optional<std::string>& text,
                                                    const std::vector<TrialProgram>& programs);

/// What is different, or wrong, with the new file: a clause with `program` in it. Empty: nothing.
[[nodiscard]] std::string trial_problem(const TrialProgram& program, const TrialOutcome& before,
                                        const TrialOutcome& after, std::string_view library);

} // namespace sealwax::cli
