// SPDX-License-Identifier: Apache-2.0
// Writing for the shim's own sake in a thread that is somebody else's.
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// Writes to a descriptor, and keeps from the thread the signals that this can raise: SIGPIPE where
/// nobody reads, SIGXFSZ at RLIMIT_FSIZE, SIGTTOU in a background job. Its mask and what is pending
/// for it are afterwards what they were; where such a signal is pending already, and one more could
/// not be told from it, nothing is written: EAGAIN.
Reply write_silently(Kernel& kernel, int descriptor, std::string_view text);

/// Likewise, and only what can be written without waiting; EOPNOTSUPP where the file cannot tell.
Reply write_at_once_silently(Kernel& kernel, int descriptor, std::string_view text);

} // namespace sealwax::shim
