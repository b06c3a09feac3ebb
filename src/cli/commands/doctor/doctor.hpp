// SPDX-License-Identifier: Apache-2.0
// What `doctor` looks at, and how it says what it found.
#pragma once

#include "cli/commands/doctor/facts/running.hpp"
#include "cli/frame/exit_code.hpp"
#include "cli/system/system_root.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct Check {
  enum class State : std::uint8_t {
    fine,
    note,    ///< worth knowing, and nothing to be mended
    finding, ///< to be mended: `remedy` says how
    unknown, ///< could not tell: `remedy` says what would help
  };
  std::string name;
  State state = State::fine;
  std::string fact;
  std::string remedy; ///< empty: nothing to do
};

[[nodiscard]] Check fine(std::string name, std::string fact);
[[nodiscard]] Check note(std::string name, std::string fact, std::string remedy = {});
[[nodiscard]] Check finding(std::string name, std::string fact, std::string remedy);
[[nodiscard]] Check unknown(std::string name, std::string fact, std::string remedy);

struct CheckGroup {
  std::string_view name;
  std::vector<Check> checks;
};

/// Whose health is asked after.
struct Patient {
  SystemRoot root;
  std::string library; ///< the path of the library to be looked at; empty: there is none
  bool ask_filters = false;
};

/// The calls that sealing is made of, tried out on the running kernel.
[[nodiscard]] CheckGroup check_kernel();
/// Whether /proc shows what `status` and the library need.
[[nodiscard]] CheckGroup check_proc();
/// The C libraries that are installed, and what each means for sealing.
[[nodiscard]] CheckGroup check_libc(const SystemRoot& root);
[[nodiscard]] CheckGroup check_library(const Patient& patient);
[[nodiscard]] CheckGroup check_policy(const SystemRoot& root);
/// /etc/ld.so.preload.
[[nodiscard]] CheckGroup check_preload(const SystemRoot& root);
/// Who runs with the library preloaded, and whether it arrived.
[[nodiscard]] CheckGroup check_units(const SystemRoot& root, const RunningProcesses& running);
/// Who executes what /etc/ld.so.preload does not reach, because it sees other files.
[[nodiscard]] CheckGroup check_elsewhere(const RunningProcesses& running);
/// Seccomp filters that would refuse mseal(2). `ask`: read those of processes, which stops each for
/// a moment.
[[nodiscard]] CheckGroup check_filters(const SystemRoot& root, const RunningProcesses& running,
                                       bool ask);
/// What sealing does not stop, and this system may.
[[nodiscard]] CheckGroup check_host(const SystemRoot& root);

/// The libsealwax.so that /etc/ld.so.preload names, with $LIB resolved. Empty: none.
[[nodiscard]] std::string preloaded_library(const SystemRoot& root);

/// `can_seal`: kFindings where it cannot, and kCouldNotTell.
[[nodiscard]] std::string doctor_text(const std::vector<CheckGroup>& groups, ExitCode can_seal,
                                      bool color);
[[nodiscard]] std::string doctor_json(const std::vector<CheckGroup>& groups,
                                      const std::vector<std::string>& errors, ExitCode can_seal,
                                      bool ok);

} // namespace sealwax::cli
