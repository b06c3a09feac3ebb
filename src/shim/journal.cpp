#include "shim/journal.hpp"

namespace sealwax::shim {
namespace {

constexpr std::string_view kSocket = "/dev/log";
// <PRI> of RFC 3164: facility auth (4), severity warning (4).
constexpr std::string_view kPriority = "<36>sealwax: ";

// A line goes out in one call, so that lines of two processes never mix: PIPE_BUF for stderr.
constexpr std::size_t kLongestLine = 4096;

void send_to_journal(Kernel& kernel, std::string_view line) {
  const Reply opened = kernel.datagram_socket();
  if (!opened.ok())
    return;
  const int socket = static_cast<int>(opened.value());
  kernel.send_to(socket, kSocket, line);
  Kernel::close(socket);
}

} // namespace

void send_report(Kernel& kernel, ReportTo destination, Report report) {
  if (destination != ReportTo::journal && destination != ReportTo::standard_error)
    return;
  const Reply now = kernel.now();
  const Reply pid = kernel.process_id();
  if (!now.ok() || !pid.ok())
    return;
  report.time = static_cast<std::uint64_t>(now.value());
  report.pid = static_cast<std::uint64_t>(pid.value());

  char line[kLongestLine];
  __builtin_memcpy(line, kPriority.data(), kPriority.size());
  const std::size_t size =
      format_report(report, {line + kPriority.size(), sizeof line - kPriority.size() - 1});
  if (size == 0)
    return;
  const std::size_t end = kPriority.size() + size;
  if (destination == ReportTo::journal) {
    send_to_journal(kernel, {line, end});
    return;
  }
  line[end] = '\n';
  kernel.write(2, {line + kPriority.size(), size + 1});
}

Message& Message::operator<<(std::string_view text) {
  const std::size_t room = sizeof text_ - size_;
  const std::size_t taken = text.size() < room ? text.size() : room;
  __builtin_memcpy(text_ + size_, text.data(), taken);
  size_ += taken;
  return *this;
}

Message& Message::operator<<(std::uint64_t number) {
  char digits[20];
  std::size_t first = sizeof digits;
  do
    digits[--first] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  return *this << std::string_view{digits + first, sizeof digits - first};
}

} // namespace sealwax::shim
