// SPDX-License-Identifier: Apache-2.0
// Looks into processes in a process of its own, which can be given up where one of them never lets
// it go: who reads memory that a file system has to provide waits for that, beyond SIGKILL.
#pragma once

#include "cli/inspection/worker/stuck_workers.hpp"
#include "cli/system/descriptor.hpp"

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

/// What is done in the worker, and its answer in bytes. It has no standard streams.
using Work = std::function<std::string(pid_t)>;

class Looker {
public:
  explicit Looker(Work work);
  Looker(const Looker&) = delete;
  Looker& operator=(const Looker&) = delete;
  ~Looker();

  /// The answer about `pid`. Throws ProcessError: `stuck`, where there is none and may never be, or
  /// was none the last time; `skipped`, where too many workers are stuck already.
  [[nodiscard]] std::string ask(pid_t pid);

private:
  class Worker;

  void refuse_known(pid_t pid) const;
  void start();

  Work work_;
  std::unique_ptr<Worker> worker_;
  std::vector<StuckWorker> stuck_;
  std::vector<pid_t> given_up_; ///< by this run
};

} // namespace sealwax::cli
