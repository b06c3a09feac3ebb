#include "shim/report/journal.hpp"

#include "shim/kernel/maps.hpp"

namespace sealwax::shim {
namespace {

constexpr std::string_view kSocket = "/dev/log";
// <PRI> of RFC 3164: facility auth (4), severity warning (4).
constexpr std::string_view kPriority = "<36>sealwax: ";

// A line goes out in one call, so that lines of two processes never mix: PIPE_BUF for stderr.
constexpr std::size_t kLongestLine = 4096;

void write_to(Kernel& kernel, Reply opened, std::string_view text) {
  if (!opened.ok())
    return;
  const int descriptor = static_cast<int>(opened.value());
  (void)kernel.write(descriptor, text); // what cannot be written at once is not told
  Kernel::close(descriptor);
}

/// `line` begins with the priority and ends with a line's end, which the journal's socket does
/// without. The kernel keeps a record that lacks it from its readers until the next one comes, in
/// case the line goes on (kernel/printk/printk.c, vprintk_store).
void send_to_journal(Kernel& kernel, std::string_view line) {
  const Reply opened = kernel.datagram_socket();
  if (!opened.ok())
    return;
  const int socket = static_cast<int>(opened.value());
  const bool sent = kernel.send_to(socket, kSocket, line.substr(0, line.size() - 1)).ok();
  Kernel::close(socket);
  // The first process starts before the journal does; the kernel's own log takes the same form.
  if (!sent && kernel.process_id().value() == 1)
    write_to(kernel, kernel.open_to_write("/dev/kmsg"), line);
}

/// What a report is written into: pages of its own, since it can come from a signal handler on a
/// stack of 8 KiB (SIGSTKSZ).
struct LineBuffer {
  char path[Maps::kLongestName];
  char line[kLongestLine];
};

void send(Kernel& kernel, const Settings& settings, const Report& report, LineBuffer& buffer) {
  constexpr std::size_t kText = kPriority.size();
  // The kernel's log, where the first process may have to write, takes no longer record
  // (kernel/printk/printk.c, devkmsg_write).
  constexpr std::size_t kLongestRecord = 1000;
  const std::size_t room = (report.pid == 1 ? kLongestRecord : sizeof buffer.line) - 1;
  __builtin_memcpy(buffer.line, kPriority.data(), kText);
  const std::size_t size = format_report(report, {buffer.line + kText, room - kText});
  if (size == 0)
    return;
  buffer.line[kText + size] = '\n';
  if (settings.report_to == ReportTo::journal) {
    send_to_journal(kernel, {buffer.line, kText + size + 1});
    return;
  }
  const std::string_view line{buffer.line + kText, size + 1};
  if (settings.report_to == ReportTo::standard_error) {
    (void)kernel.write(2, line);
  } else if (settings.report_file.size() < sizeof buffer.path) {
    __builtin_memcpy(buffer.path, settings.report_file.data(), settings.report_file.size());
    buffer.path[settings.report_file.size()] = '\0';
    write_to(kernel, kernel.open_to_append(buffer.path), line);
  }
}

} // namespace

void send_report(Kernel& kernel, const Settings& settings, Report report) {
  if (settings.report_to == ReportTo::none)
    return;
  const Reply now = kernel.now();
  const Reply pid = kernel.process_id();
  const Reply mapped = Kernel::map_pages(sizeof(LineBuffer), false);
  if (!now.ok() || !pid.ok() || !mapped.ok())
    return;
  report.time = static_cast<std::uint64_t>(now.value());
  report.pid = static_cast<std::uint64_t>(pid.value());
  send(kernel, settings, report, *new (reinterpret_cast<void*>(mapped.value())) LineBuffer);
  Kernel::unmap(mapped.address(), sizeof(LineBuffer));
}

} // namespace sealwax::shim
