#include "shim/report/destinations/journal.hpp"

namespace sealwax::shim {
namespace {

constexpr std::string_view kSocket = "/dev/log";

Reply write_to_kernel_log(Kernel& kernel, std::string_view line) {
  const Reply opened = Kernel::open_to_write("/dev/kmsg");
  if (!opened.ok())
    return opened;
  const int descriptor = static_cast<int>(opened.value());
  const Reply written = kernel.write(descriptor, line);
  Kernel::close(descriptor);
  return written;
}

} // namespace

/// The journal's socket does without the line's end. The kernel keeps a record that lacks it from
/// its readers until the next one comes, in case the line goes on (kernel/printk/printk.c,
/// vprintk_store).
Reply send_to_journal(Kernel& kernel, std::string_view line, bool first_process) {
  Reply sent = kernel.datagram_socket();
  if (sent.ok()) {
    const int socket = static_cast<int>(sent.value());
    sent = kernel.send_to(socket, kSocket, line.substr(0, line.size() - 1));
    Kernel::close(socket);
  }
  return sent.ok() || !first_process ? sent : write_to_kernel_log(kernel, line);
}

} // namespace sealwax::shim
