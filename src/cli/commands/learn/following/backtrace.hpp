// Who made a call: the frames of a stopped thread, by name.
#pragma once

#include "model/range.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

namespace sealwax::cli::learn {

struct Frame {
  bool is_known = false;
  std::string object;   ///< the path of the file whose code it is; empty: none's
  Address offset = 0;   ///< of where it goes on, by the addresses in that file
  std::string function; ///< as people write it, without parameters; empty: not known

  /// "lock_tables (libplugin.so+0x1234)", or without a function its place alone.
  [[nodiscard]] std::string text() const;
  bool operator==(const Frame&) const = default;
};

/// The objects of a process at one time, with their symbols and unwind tables.
class Backtrace {
public:
  /// `thread` is any thread of the process. What is said of a thread here holds for one that is
  /// stopped and traced by the caller.
  explicit Backtrace(pid_t thread);
  ~Backtrace();

  /// The frame that wants the memory call made that `thread` is about to make: the first that is
  /// neither of `library` nor one of the C library's functions that only make the call.
  [[nodiscard]] Frame caller(pid_t thread, std::string_view library) const;

private:
  struct Session;
  std::unique_ptr<Session> session_;
};

/// The last component of a path.
[[nodiscard]] std::string_view file_name(std::string_view path);

} // namespace sealwax::cli::learn
