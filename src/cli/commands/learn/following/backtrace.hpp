// SPDX-License-Identifier: Apache-2.0
// Who made a call: the frames of a stopped thread, by name.
#pragma once

#include "cli/exceptions/frame.hpp"
#include "cli/process/smaps.hpp"

#include <sys/types.h>

#include <memory>
#include <span>
#include <string_view>

namespace sealwax::cli::learn {

/// The objects of a process at one time, with their symbols and unwind tables.
class Backtrace {
public:
  /// `thread` is any thread of the process, and `mappings` say which file its code is of. What is
  /// said of a thread here holds for one that is stopped and traced by the caller.
  Backtrace(pid_t thread, std::span<const Mapping> mappings);
  ~Backtrace();

  /// The frame that wants the memory call made that `thread` is about to make: the first that is
  /// neither of `library` nor one of the C library's functions that only make the call.
  [[nodiscard]] Frame caller(pid_t thread, std::string_view library) const;

private:
  struct Session;
  std::unique_ptr<Session> session_;
};

} // namespace sealwax::cli::learn
