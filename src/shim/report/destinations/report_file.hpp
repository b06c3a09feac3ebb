// SPDX-License-Identifier: Apache-2.0
// report-to = file:PATH
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Appends `line` to the file at `path`, which is made where it is missing, or says in the answer
/// why it could not. What stands there is written to only if it is a plain file of root's or of
/// this process's user that no other name leads to: nobody who may write the folder can have the
/// lines land in a file of somebody else's choice.
Reply append_to_report_file(Kernel& kernel, const char* path, std::string_view line);

} // namespace sealwax::shim
