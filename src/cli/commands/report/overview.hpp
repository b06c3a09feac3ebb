// SPDX-License-Identifier: Apache-2.0
// What the documents of one host, or of many, say together.
#pragma once

#include "cli/reports/report_summary.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli::report {

/// Bytes that nothing may change once a program runs: code, constants, tables, the kernel's pages.
struct Share {
  std::uint64_t bytes = 0;
  std::uint64_t sealed = 0;
  std::uint64_t processes = 0;

  /// Of all; of nothing it is 0. Rounded down: what is not whole is no 100.
  [[nodiscard]] unsigned percent() const;
};

/// Something that its policy wants sealed and that is open.
struct OpenThing {
  std::string program;
  std::string regions; ///< "text relro"
  std::string why;     ///< what is known of it, as sentences; can be empty
  std::set<std::string> hosts;
  std::uint64_t processes = 0;
};

/// A section of a policy for some programs or objects.
struct PolicySection {
  std::string text; ///< header and keys, a line each
  std::string why;  ///< the comments above it
  std::set<std::string> hosts;
};

struct Overview {
  std::set<std::string> hosts;
  Share whole;
  std::map<std::string, Share> programs;
  std::vector<OpenThing> open;
  std::vector<PolicySection> sections;
  std::vector<Finding> findings;
  std::uint64_t lines = 0;   ///< of reports, as documents tell
  std::uint64_t dropped = 0; ///< reports that could not be written, likewise
  std::uint64_t unreadable_processes = 0;

  /// Adds what `sealwax status --json` or `sealwax report --json` answered on a host, or a policy
  /// that holds there. Throws CommandError where it is none of these.
  void add_document(const std::string& text, const std::string& host, std::string_view path);
  /// Adds findings to equal ones.
  void add_findings(std::vector<Finding> more);
};

/// "web1" of "/tmp/web1-status.json".
[[nodiscard]] std::string host_of_file(std::string_view path);

} // namespace sealwax::cli::report
