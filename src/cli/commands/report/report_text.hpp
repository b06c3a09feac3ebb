// SPDX-License-Identifier: Apache-2.0
// What `sealwax report` answers.
#pragma once

#include "cli/reports/report_summary.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sealwax::cli::report {

struct Answer {
  std::vector<Finding> findings;
  std::uint64_t lines = 0;
  std::uint64_t dropped = 0;    ///< reports that their programs could not write
  std::uint64_t beyond = 0;     ///< lines that there was no room for
  std::uint64_t unreadable = 0; ///< lines that begin as a report and are none
  RefusedCalls refused_calls;   ///< that a policy can be made of
  std::size_t exceptions = 0;   ///< sections of it
  std::string policy_text;      ///< with the exceptions; empty where there are none
  std::string output;           ///< the file that has it; empty: none
  std::string page;             ///< the file that has the page; empty: none
  std::string next;             ///< the command to type; empty: none
  std::vector<std::string> errors;
};

/// For people.
[[nodiscard]] std::string answer_text(const Answer& answer, bool color);

/// One JSON document.
[[nodiscard]] std::string answer_json(const Answer& answer, int exit_code);

} // namespace sealwax::cli::report
