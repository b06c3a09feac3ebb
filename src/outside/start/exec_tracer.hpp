// SPDX-License-Identifier: Apache-2.0
// A helper process that traces what this process becomes.
#pragma once

namespace sealwax::outside {

/// Follows the process until there is nothing left to do: by wait4(2), from before its exec on.
/// What it does before it waits it does while the program is executed.
struct Follow {
  void (*follow)(void* context, int pid);
  void* context;
};

/// What a helper is started with.
struct Helper {
  int pid;    ///< whom it traces
  int socket; ///< its end of the pair by which the two come to terms
  long options;
  Follow follow;
  bool needs_leave; ///< Yama's, see PR_SET_PTRACER
};

/// The helper's life: says who it is and waits for leave to trace, where it needs that, attaches,
/// and follows. A terminal's signals and hang-up are not its own.
[[noreturn]] void help(const Helper& helper);

/// What a helper does first that needs nothing of the caller's any more: nothing of the program's
/// is held open but stderr, for messages.
void let_go_of_caller();

/// Starts a process that is no child of the caller's, and that calls help(). False: there is none.
using StartHelper = bool (*)(const Helper& helper);

/// Has a helper trace the calling process (PTRACE_SEIZE with `options`). What the caller executes
/// next keeps its PID and parent, and gets no child: the helper is nobody's that it knows. Returns
/// when the helper is in place: 0, or why it cannot be, as an errno; kNoHelper, kHelperDied.
inline constexpr int kNoHelper = -1, kHelperDied = -2;
[[nodiscard]] int trace_from_here(long options, const Follow& follow, StartHelper start);

} // namespace sealwax::outside
