// SPDX-License-Identifier: Apache-2.0
// One running process, sealed from outside.
#pragma once

#include "cli/process/procfs.hpp"
#include "model/region.hpp"

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli::seal {

struct Wishes {
  std::string policy;    ///< a file; empty: the one that holds for the process
  bool closable = false; ///< what dlclose(3) may take away is sealed as well
  bool dry_run = false;
};

/// What of an object stays open though the policy wants it sealed.
struct Left {
  std::string object; ///< a path, or what the kernel calls it
  RegionSet regions;
  std::string why;       ///< a sentence without its full stop
  bool expected = false; ///< it was not to be sealed now
};

struct Outcome {
  pid_t pid = 0;
  std::string executable;
  std::string problem;      ///< why nothing was done, as a sentence; empty: it was
  std::size_t mappings = 0; ///< that were sealed, or would be
  std::size_t bytes = 0;
  double milliseconds = 0; ///< for which it was stopped, or would be, about
  std::vector<Left> left;
  std::vector<std::string> failures; ///< what the kernel refused, as sentences

  [[nodiscard]] bool is_as_wanted() const;
};

/// Seals it, and lets it go on. Throws ProcessError.
[[nodiscard]] Outcome seal_process(pid_t pid, const Wishes& wishes);

} // namespace sealwax::cli::seal
