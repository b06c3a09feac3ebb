// SPDX-License-Identifier: Apache-2.0
// What in a unit's settings keeps its programs from being sealed.
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/commands/systemd/unit/syscall_filter.hpp"
#include "cli/sealing/preload.hpp"
#include "cli/system/system_root.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

/// What is asked of a service. Paths are the system's own.
struct UnitPlan {
  const SystemRoot& root;
  const Unit& unit; ///< with the drop-in
  std::string library;
  std::string policy;  ///< empty: none is named
  std::string preload; ///< what LD_PRELOAD is to hold
  std::string list;    ///< its own /etc/ld.so.preload, on the system's side; empty: it has none
  std::string drop_in; ///< the path of Sealwax's own
  const CallSets& sets;
};

[[nodiscard]] std::vector<Obstacle> unit_obstacles(const UnitPlan& plan);

} // namespace sealwax::cli
