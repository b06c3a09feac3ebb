// SPDX-License-Identifier: Apache-2.0
// What the tool's exit codes mean.
#pragma once

namespace sealwax::cli {

/// Those of the commands that answer. `run` has its own, those of env(1) and timeout(1).
enum ExitCode : int {
  kAsItShouldBe = 0,
  kFindings = 1,
  kCouldNotTell = 2,
  kWrongUsage = 64, ///< EX_USAGE of sysexits.h

  kRunFailed = 125,
  kNotExecutable = 126,
  kNotFound = 127,
};

} // namespace sealwax::cli
