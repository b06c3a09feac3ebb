// SPDX-License-Identifier: Apache-2.0
// report-to = stderr
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Before the program runs: remembers which file descriptor 2 is. Behind the same number there can
/// be anything later, a program's own data included.
void remember_standard_error();

/// Writes `line` to descriptor 2, or says in the answer why it could not; ESTALE: that is no longer
/// the file that was remembered, or none that this process may write lines to. Never waits, raises
/// no signal, and changes nothing about the descriptor, which other processes may share.
Reply write_to_standard_error(std::string_view line);

} // namespace sealwax::shim
