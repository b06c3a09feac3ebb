// How `status` shows what it found: a table a process, a line a process, or JSON.
#pragma once

#include "cli/survey.hpp"
#include "cli/verdict.hpp"

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct ProcessStatus {
  pid_t pid = 0;
  std::string name;                      ///< for people, where the executable is not known
  std::optional<std::string> executable; ///< a path
  std::optional<Survey> survey;          ///< nullopt: it could not be looked at
  RegionTable regions;
  Verdict verdict;
  std::string policy;   ///< the file that holds for it, or nothing for the built-in default
  bool certain = false; ///< all that the verdict needs could be read

  /// An ExitCode: what was found open is certain, whatever else could not be read.
  [[nodiscard]] int exit_code() const;
};

/// Receives each process as soon as it has been looked at, so that none has to be kept.
class StatusReport {
public:
  virtual ~StatusReport() = default;
  virtual void add(const ProcessStatus& status) = 0;
  virtual void add_error(std::optional<pid_t> pid, std::string_view message) = 0;
  virtual void finish(int exit_code) = 0;
};

struct ReportOptions {
  bool maps = false;
  bool color = false;
};

/// A table for each process, or its mappings.
[[nodiscard]] std::unique_ptr<StatusReport> table_report(ReportOptions options);
/// A line for each process, and a table of all of them together.
[[nodiscard]] std::unique_ptr<StatusReport> line_report(ReportOptions options);
/// One JSON document.
[[nodiscard]] std::unique_ptr<StatusReport> json_report(ReportOptions options);

} // namespace sealwax::cli
