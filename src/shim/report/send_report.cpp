// SPDX-License-Identifier: Apache-2.0
#include "shim/report/send_report.hpp"

#include "model/report/journal_entry.hpp"
#include "shim/kernel/maps.hpp"
#include "shim/report/destinations/journal.hpp"
#include "shim/report/destinations/report_file.hpp"
#include "shim/report/destinations/standard_error.hpp"
#include "shim/state/state.hpp"

#include <cerrno>
#include <new>

namespace sealwax::shim {
namespace {

// A line goes out in one call, so that lines of two processes never mix: PIPE_BUF for stderr.
constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kPrioritySize = kJournalPriority.size();

/// What a report is written into: pages of its own, since it can come from a signal handler on a
/// stack of 8 KiB (SIGSTKSZ).
struct LineBuffer {
  char path[Maps::kLongestName];
  char text[kLongestLine]; ///< the journal's priority, the line, a line's end
  std::size_t size = 0;

  /// The entry comes behind the line, on pages that are there already, where it fits.
  JournalReport for_journal() {
    const std::size_t entry = format_journal_entry({text + kPrioritySize, size - kPrioritySize - 1},
                                                   {text + size, kLongestLine - size});
    return {{text, size}, {text + size, entry}};
  }
  /// After a line that was written in part, one more end comes first, in the priority's place.
  std::string_view without_priority(bool end_first) {
    text[kPrioritySize - 1] = '\n';
    const std::size_t skipped = kPrioritySize - (end_first ? 1 : 0);
    return {text + skipped, size - skipped};
  }
};

bool format(const Report& report, LineBuffer& buffer) {
  const std::size_t room = (report.pid == 1 ? kLongestKernelRecord : kLongestLine) - 1;
  __builtin_memcpy(buffer.text, kJournalPriority.data(), kPrioritySize);
  const std::size_t size =
      format_report(report, {buffer.text + kPrioritySize, room - kPrioritySize});
  if (size == 0)
    return false;
  buffer.size = kPrioritySize + size;
  buffer.text[buffer.size++] = '\n';
  return true;
}

/// To a file or to standard error. What was written of a line that did not fit stays there.
Reply write_line(Kernel& kernel, const Settings& settings, LineBuffer& buffer) {
  const std::string_view line = buffer.without_priority(state.reports.torn.exchange(false));
  Reply written{-ENAMETOOLONG};
  if (settings.report_to == ReportTo::standard_error) {
    written = write_to_standard_error(line);
  } else if (settings.report_file.size() < sizeof buffer.path) {
    __builtin_memcpy(buffer.path, settings.report_file.data(), settings.report_file.size());
    buffer.path[settings.report_file.size()] = '\0';
    written = append_to_report_file(kernel, buffer.path, line);
  }
  const bool torn = written.value() > 0 && static_cast<std::size_t>(written.value()) < line.size();
  const bool still_torn = !written.ok() && line.front() == '\n';
  if (torn || still_torn)
    state.reports.torn = true;
  return torn ? Reply{-EAGAIN} : written;
}

bool send(Kernel& kernel, const Settings& settings, const Report& report, LineBuffer& buffer) {
  if (!format(report, buffer))
    return false;
  if (settings.report_to != ReportTo::journal) {
    const Reply written = write_line(kernel, settings, buffer);
    // Another file by now, or a call that a filter forbids.
    const bool is_elsewhere = written.error() == ESTALE || written.error() == ENOSYS;
    if (settings.report_to == ReportTo::file || !is_elsewhere)
      return written.ok();
    __builtin_memcpy(buffer.text, kJournalPriority.data(), kPrioritySize);
  }
  return send_to_journal(kernel, buffer.for_journal(), report.pid == 1).ok();
}

bool complete_and_send(Kernel& kernel, const Settings& settings, Report report) {
  const Reply now = kernel.now();
  const Reply pid = kernel.process_id();
  const Reply mapped = Kernel::map_pages(sizeof(LineBuffer), false);
  if (!now.ok() || !pid.ok() || !mapped.ok())
    return false;
  ReportCounters& counters = state.reports;
  counters.belong_to(static_cast<std::uint32_t>(pid.value()));
  report.time = static_cast<std::uint64_t>(now.value());
  report.pid = static_cast<std::uint64_t>(pid.value());
  report.dropped = held_counts.dropped_reports - counters.dropped_told;
  const bool sent =
      send(kernel, settings, report, *new (reinterpret_cast<void*>(mapped.value())) LineBuffer);
  if (sent)
    counters.dropped_told += report.dropped;
  Kernel::unmap(mapped.address(), sizeof(LineBuffer));
  return sent;
}

} // namespace

void send_report(Kernel& kernel, const Settings& settings, Report report) {
  if (settings.report_to != ReportTo::none && !complete_and_send(kernel, settings, report))
    ++held_counts.dropped_reports;
}

} // namespace sealwax::shim
