// SPDX-License-Identifier: Apache-2.0
// Seccomp filters: is there one, and what does it let pass? And whether somebody traces us.
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// What /proc says about the calling thread. Costs openat, read and close, which ld.so
/// has just done itself when this is asked.
struct FilterState {
  bool known = false;      ///< false: no /proc
  std::uint32_t count = 0; ///< filters in force
  bool traced = false;     ///< by a debugger, or the like

  /// `alone`: there is no other thread yet, so that the process's file will do, which costs less.
  static FilterState read(bool alone);
  /// Whether the filters are the same.
  bool operator==(const FilterState& other) const {
    return known == other.known && count == other.count;
  }
};

struct FilterVerdict {
  CallSet passed;
  /// The filter, and not an old kernel, is why there is no mseal.
  bool forbids_mseal = false;
  /// There was no memory to find anything out with, so that no report may be made either.
  bool untried = false;
  /// The errno value for which no child could be made, so that nothing was found out.
  int no_child = 0;
};

/// An mprotect of nothing at this address, which changes nothing and which no other filter answers
/// so, tells of the filter that closes a process to new code.
inline constexpr std::uint64_t kClosingFilterMark = 0x5365'616c'7761'0000;
inline constexpr int kClosingFilterAnswer = 125; // ECANCELED
[[nodiscard]] bool has_closing_filter();

/// Finds out in a child which calls a filter lets pass: a filter may answer with death, and the
/// child's is nobody's loss. It has no exit signal, leaves no core file, and is reaped. The one
/// call that this cannot try beforehand is the clone that makes the child.
[[nodiscard]] FilterVerdict probe_filter(CallSet asked_about = CallSet::all());

} // namespace sealwax::shim
