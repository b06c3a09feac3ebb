// SPDX-License-Identifier: Apache-2.0
// What `sealwax systemd` was asked for.
#pragma once

#include "cli/change/change_report.hpp"
#include "cli/output/output.hpp"

#include <optional>
#include <string>

namespace sealwax::cli {

struct SystemdOptions : ChangeOptions {
  std::string unit;
  std::string policy;
  std::string library;
  bool environment_only = false;
  bool print = false;
  bool remove = false;
  bool verify = false;
  bool list = false;
  bool user = false; ///< a unit of the calling user's own systemd
  bool all_services = false;
  bool no_new_code = false;
  bool require = false;       ///< the unit fails to start unsealed
  std::optional<double> wait; ///< seconds for --verify
  ColorChoice color = ColorChoice::automatic;
};

} // namespace sealwax::cli
