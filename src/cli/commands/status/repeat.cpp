// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/status/repeat.hpp"

#include "cli/frame/exit_code.hpp"
#include "cli/output/output.hpp"

#include <fmt/chrono.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <unistd.h>

namespace sealwax::cli {
namespace {

constexpr std::string_view kClearScreen = "\033[H\033[J";

/// Blocked from here on, so that they wait for wait_for_end(). What was ignored when this program
/// started stays ignored: a shell's background job is not the terminal's.
sigset_t block_ends() {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction present = {};
    if (sigaction(number, nullptr, &present) == 0 && present.sa_handler != SIG_IGN)
      sigaddset(&ends, number);
  }
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  return ends;
}

/// Whether one of the signals came before the time was over.
bool wait_for_end(const sigset_t& ends, double seconds) {
  timespec time{};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  int number = 0;
  do
    number = sigtimedwait(&ends, nullptr, &time);
  while (number < 0 && errno == EINTR);
  return number > 0;
}

std::string heading(double seconds, bool terminal) {
  const std::string now = fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(
                                                       std::chrono::system_clock::now())));
  if (terminal)
    return fmt::format("{}{}, every {} s; ^C ends\n\n", kClearScreen, now, seconds);
  return fmt::format("--- {}\n", now);
}

} // namespace

int repeat_until_stopped(double seconds, const std::function<int()>& round) {
  const sigset_t ends = block_ends();
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  // A round is written at once, so that a screen does not flicker.
  std::setvbuf(stdout, nullptr, _IOFBF, std::size_t{1} << 20U);
  for (;;) {
    answer(heading(seconds, terminal));
    const int code = round();
    if (!finish_answer())
      return kCouldNotTell;
    if (wait_for_end(ends, seconds))
      return code;
  }
}

} // namespace sealwax::cli
