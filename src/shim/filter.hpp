// Seccomp filters: is there one, and what does it let pass?
#pragma once

#include "shim/kernel.hpp"

namespace sealwax::shim {

/// What /proc says about the calling thread's filters. Costs openat, read and close, which ld.so
/// has just done itself when this is asked.
struct FilterState {
  bool known = false;      ///< false: no /proc
  std::uint32_t count = 0; ///< filters in force

  static FilterState read();
  bool operator==(const FilterState&) const = default;
};

/// Finds out in a child which calls a filter lets pass: a filter may answer with death, and the
/// child's is nobody's loss. It has no exit signal, leaves no core file, and is reaped. The one
/// call that this cannot try beforehand is the clone that makes the child.
[[nodiscard]] CallSet probe_filter();

} // namespace sealwax::shim
