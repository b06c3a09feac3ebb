// SPDX-License-Identifier: Apache-2.0
// The commands that there are. Each is a folder here.
#pragma once

#include "cli/frame/command_line.hpp"

namespace sealwax::cli {

/// Each returns the exit code.
int bench_command(Arguments arguments);
int doctor_command(Arguments arguments);
int install_command(Arguments arguments);
int learn_command(Arguments arguments);
int plan_command(Arguments arguments);
int policy_command(Arguments arguments);
int report_command(Arguments arguments);
int run_command(Arguments arguments);
int seal_command(Arguments arguments);
int selftest_command(Arguments arguments);
int status_command(Arguments arguments);
int systemd_command(Arguments arguments);
int uninstall_command(Arguments arguments);

} // namespace sealwax::cli
