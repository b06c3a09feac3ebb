// SPDX-License-Identifier: Apache-2.0
// A progress bar on stderr, where that is a terminal.
#pragma once

#include <chrono>
#include <cstddef>

namespace sealwax::cli {

class Progress {
public:
  explicit Progress(std::size_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Takes the bar away.
  ~Progress();

  /// Redraws, not more often than an eye can follow.
  void show(std::size_t done);

private:
  std::size_t total_;
  bool visible_;
  std::chrono::steady_clock::time_point last_;
};

} // namespace sealwax::cli
