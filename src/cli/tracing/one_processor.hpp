// A stopped process and whoever traces it, on one processor.
#pragma once

#include <sys/types.h>

#include <optional>
#include <sched.h>

namespace sealwax::cli {

/// While it lives, this process and another that it traces run on the same processor. One of the
/// two always waits for the other, and to wake a processor that idles takes longer than what is
/// waited for. Does nothing where a seccomp filter may not let it.
class OneProcessor {
public:
  /// `other` has stopped.
  explicit OneProcessor(pid_t other);
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;
  /// Both may run again where they could before.
  ~OneProcessor();

private:
  pid_t other_;
  std::optional<cpu_set_t> formerly_, other_formerly_;
};

} // namespace sealwax::cli
