// SPDX-License-Identifier: Apache-2.0
// How `status` shows what it found: a table a process, a line a process, or JSON.
#pragma once

#include "cli/frame/exit_code.hpp"
#include "cli/inspection/library_counts.hpp"
#include "cli/process/survey.hpp"
#include "cli/sealing/verdict.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// A mapping, or the share of one that is all one region of one object.
struct MapRow {
  Range range;
  std::array<char, 4> permissions{'-', '-', '-', 'p'};
  bool sealed = false; ///< by the kernel, whatever is wanted
  std::optional<Region> region;
  MappingVerdict verdict = MappingVerdict::unknown;
  std::optional<std::string> object; ///< its file
  std::string name;                  ///< the mapping's own
};

struct ProcessStatus {
  pid_t pid = 0;
  std::string name;                      ///< for people, where the executable is not known
  std::optional<std::string> executable; ///< a path
  std::string unit;                      ///< of systemd; empty: none
  std::optional<uid_t> user;
  bool mapped = false;      ///< its mappings could be read
  bool readable = false;    ///< and its memory
  std::vector<MapRow> maps; ///< what `regions` sums up, where each mapping is to be shown
  RegionTable regions;
  Verdict verdict;
  /// Bytes that can be executed, by their verdict; of those that the policy observes or leaves
  /// alone, by the line that does so, as people are told of it; and those that no policy can name.
  std::array<std::size_t, kVerdictCount> executable_bytes{};
  std::map<std::string, std::size_t> excused_bytes;
  std::size_t unnamed_bytes = 0;
  std::string policy; ///< the file that its policy is from, or nothing for the built-in default
  bool policy_known = false;
  std::vector<std::string> notes; ///< what should be known of it beside, as sentences
  std::optional<LibraryCounts> counts;
  bool certain = false; ///< all that the verdict needs could be read
  /// Its unit's own /etc/ld.so.preload is gone: what it executes may be unsealed.
  bool lost_preload = false;
  bool to_be_enforced = false; ///< that nothing is wanted sealed is a finding, too

  [[nodiscard]] MappingVerdict whole() const { return verdict.whole(certain); }
  /// Whether nothing is sealed, as its policy wants.
  [[nodiscard]] bool lacks_enforcement() const;
  /// An ExitCode.
  [[nodiscard]] int exit_code() const;
};

/// How much of what the policies want sealed is, against what was asked for.
struct Threshold {
  double percent = 0;
  std::size_t wanted_bytes = 0;
  std::size_t sealed_bytes = 0;

  /// In percent; all of nothing is 100.
  [[nodiscard]] double share() const;
  [[nodiscard]] bool met() const { return share() >= percent; }
};

struct StatusSummary {
  int exit_code = 0;
  std::optional<Threshold> threshold; ///< where one was asked for
};

/// Receives each process as soon as it has been looked at, so that none has to be kept.
class StatusReport {
public:
  virtual ~StatusReport() = default;
  virtual void add(ProcessStatus status) = 0;
  virtual void add_error(std::optional<pid_t> pid, std::string_view message) = 0;
  virtual void finish(const StatusSummary& summary) = 0;
};

struct ReportOptions {
  bool maps = false;
  bool color = false;
};

/// A table for each process, or its mappings.
[[nodiscard]] std::unique_ptr<StatusReport> table_report(ReportOptions options);
/// A line for each process, and a table of all of them together.
[[nodiscard]] std::unique_ptr<StatusReport> line_report(ReportOptions options);
/// How many processes are sealed, of how many; or not even that, where only the exit code counts.
[[nodiscard]] std::unique_ptr<StatusReport> counting_report(bool tells);
/// One JSON document.
[[nodiscard]] std::unique_ptr<StatusReport> json_report(ReportOptions options);
/// The JSON document of a command that could not look at any process.
void answer_status_failure(const std::string& message, ExitCode code);

} // namespace sealwax::cli
