// SPDX-License-Identifier: Apache-2.0
#include "cli/output/progress.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <unistd.h>

namespace sealwax::cli {
namespace {

constexpr std::size_t kWidth = 40;

void write_to_terminal(std::string_view text) {
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

} // namespace

Progress::Progress(std::size_t total)
    : total_(total), visible_(total != 0 && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (visible_)
    write_to_terminal("\r\033[K");
}

void Progress::show(std::size_t done) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (!visible_ || (done != total_ && now - last_ < 50ms))
    return;
  last_ = now;
  const std::size_t filled = kWidth * done / total_;
  write_to_terminal(fmt::format("\r[{}{}] {}/{}\033[K", std::string(filled, '#'),
                                std::string(kWidth - filled, '.'), done, total_));
}

} // namespace sealwax::cli
