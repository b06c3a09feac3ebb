// SPDX-License-Identifier: Apache-2.0
// Reaching into a thread that has stopped at a system call.
#pragma once

#include "model/range.hpp"

#include <sys/types.h>

#include <string>

namespace sealwax::faults {

/// Where the code of the file of this name is mapped; nothing where it is not.
Range text_of_library(pid_t thread, const std::string& file);

std::string read_text(pid_t thread, Address at, std::size_t size);

/// At the begin of a call: it is not made, and this is the kernel's answer.
void skip_call(pid_t thread, long answer);
/// At the begin of a call that reads or writes: how many bytes.
void set_size_argument(pid_t thread, std::size_t size);
/// At the end of a call: what it answers.
void set_answer(pid_t thread, long answer);
/// At the end of a read: puts other bytes in the place of those that were read to `buffer`.
void spoil(pid_t thread, Address buffer);

} // namespace sealwax::faults
