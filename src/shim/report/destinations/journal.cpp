// SPDX-License-Identifier: Apache-2.0
#include "shim/report/destinations/journal.hpp"

namespace sealwax::shim {
namespace {

constexpr std::string_view kSocket = "/dev/log";
constexpr std::string_view kSocketForEntries = "/run/systemd/journal/socket";

Reply write_to_kernel_log(Kernel& kernel, std::string_view line) {
  const Reply opened = Kernel::open_to_write("/dev/kmsg");
  if (!opened.ok())
    return opened;
  const int descriptor = static_cast<int>(opened.value());
  const Reply written = kernel.write(descriptor, line);
  Kernel::close(descriptor);
  return written;
}

Reply send_by_socket(Kernel& kernel, int socket, const JournalReport& report) {
  if (!report.entry.empty())
    if (const Reply sent = kernel.send_to(socket, kSocketForEntries, report.entry); sent.ok())
      return sent;
  // This socket does without the line's end.
  return kernel.send_to(socket, kSocket, report.line.substr(0, report.line.size() - 1));
}

} // namespace

/// The kernel keeps a record that lacks the line's end from its readers until the next one comes,
/// in case the line goes on (kernel/printk/printk.c, vprintk_store).
Reply send_to_journal(Kernel& kernel, const JournalReport& report, bool first_process) {
  Reply sent = kernel.datagram_socket();
  if (sent.ok()) {
    const int socket = static_cast<int>(sent.value());
    sent = send_by_socket(kernel, socket, report);
    Kernel::close(socket);
  }
  return sent.ok() || !first_process ? sent : write_to_kernel_log(kernel, report.line);
}

} // namespace sealwax::shim
