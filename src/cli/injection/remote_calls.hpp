// SPDX-License-Identifier: Apache-2.0
// System calls that another process is made to make.
#pragma once

#include "cli/injection/call_instructions.hpp"
#include "cli/injection/interrupted_call.hpp"
#include "cli/injection/way_back.hpp"
#include "cli/tracing/tracee.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// Makes calls in a thread that this process traces (PTRACE_SEIZE, PTRACE_O_TRACESYSGOOD) and that
/// has stopped outside of a system call, and then puts it back. Should this process be killed in
/// between, the thread goes back by itself where the process has the instructions for that
/// (goes_back_alone()). Everything throws as Tracee does.
class RemoteCalls {
public:
  /// `on`: how the thread is to go on in the end. Its signals wait for that.
  RemoteCalls(const Tracee& thread, const GoingOn& on, const CallInstructions& instructions);
  RemoteCalls(const RemoteCalls&) = delete;
  RemoteCalls& operator=(const RemoteCalls&) = delete;

  [[nodiscard]] bool goes_back_alone() const { return back_.has_value(); }
  /// The thread's own, to which it is put back.
  [[nodiscard]] const arch::Registers& goes_on_with() const { return on_.now; }
  [[nodiscard]] std::uint64_t signal_mask() const { return signal_mask_; }

  /// The kernel's answer: -errno where the call failed.
  [[nodiscard]] long call(long number, const std::array<std::uint64_t, 6>& arguments);
  /// False: not all of it could be written.
  [[nodiscard]] bool write(Address at, std::span<const std::byte> bytes) const;

  /// Puts the thread back, which stays stopped.
  void end();

private:
  void wait_for_call_stop();
  void block_signals();
  void lay_way_back(const CallInstructions& instructions);

  Tracee thread_;
  GoingOn on_;
  std::uint64_t signal_mask_;
  std::optional<WayBack> back_;
  Address call_at_;
  bool blocks_signals_ = false;
  bool stop_awaits_ = false; ///< a SIGSTOP came, which waits as well
};

/// Of what it answered.
[[nodiscard]] bool call_failed(long answer);
/// As a sentence; `answer` is -errno.
[[nodiscard]] std::string why_not(std::string_view what, Range range, long answer);

} // namespace sealwax::cli
