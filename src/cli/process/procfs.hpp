// SPDX-License-Identifier: Apache-2.0
// One process as /proc shows it.
#pragma once

#include "cli/process/smaps.hpp"
#include "cli/system/descriptor.hpp"
#include "model/range.hpp"

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli {

/// Why a process could not be looked at.
class ProcessError : public std::runtime_error {
public:
  enum class Kind : std::uint8_t {
    vanished,      ///< there is no such process, or no longer
    ended,         ///< its parent has not waited for it yet: it has no memory
    kernel_thread, ///< no memory of its own
    denied,        ///< what permission forbids
    stuck,         ///< whoever looks into it does not come back
    skipped,       ///< so many did not that nobody looked
    failed,        ///< anything else
  };
  ProcessError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

private:
  Kind kind_;
};

/// Read access to a process's memory by address.
class Memory {
public:
  enum class Outcome : std::uint8_t { ok, fault, gone };

  explicit Memory(Descriptor file) : file_(std::move(file)) {}
  /// Ranges, ascending, of which nothing is to be read: `fault`.
  void avoid(std::vector<Range> ranges) { avoided_ = std::move(ranges); }
  /// All of `into`, or `fault`; `gone`: the process has ended or become another program.
  [[nodiscard]] Outcome read(Address at, std::span<std::byte> into) const;
  template <typename T>
  [[nodiscard]] bool read_object(Address at, T& object) const {
    return read(at, std::as_writable_bytes(std::span{&object, 1})) == Outcome::ok;
  }

private:
  Descriptor file_;
  std::vector<Range> avoided_;
};

/// Holds /proc/PID open: once it does, no other process that gets the same PID can answer in its
/// place.
class Process {
public:
  /// Throws ProcessError.
  explicit Process(pid_t pid);

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Who it runs as; root for one that may not be traced (prctl(2), PR_SET_DUMPABLE).
  [[nodiscard]] uid_t owner() const;
  /// Its name of up to 15 bytes, which everybody may read (proc_pid_comm(5)).
  [[nodiscard]] std::string name() const;
  /// The path of what it runs, as the kernel shows it; nullopt where that is forbidden.
  [[nodiscard]] std::optional<std::string> executable() const;
  /// Where a link in its folder leads, likewise.
  [[nodiscard]] std::optional<std::string> link(const char* name) const;
  /// All of a file in its folder; nullopt where that is forbidden or the process has ended.
  [[nodiscard]] std::optional<std::string> text(const char* name) const;
  /// Throws ProcessError.
  [[nodiscard]] std::vector<Mapping> mappings() const;
  /// nullopt where the caller may not look into its memory (ptrace access, see ptrace(2)).
  [[nodiscard]] std::optional<Memory> memory() const;
  /// The environment's first value of `name` at its last exec. Throws ProcessError.
  [[nodiscard]] std::optional<std::string> environment(std::string_view name) const;
  /// An entry of its auxiliary vector. Throws ProcessError.
  [[nodiscard]] std::optional<std::uint64_t> auxiliary(std::uint64_t type) const;
  /// Opens `path` as the process itself would see it, in its own root directory, for reading.
  [[nodiscard]] Descriptor open_in_root(const std::string& path) const;
  /// Opens the file that a mapping shows, for reading: by /proc/PID/map_files, which is root's,
  /// else by its name, if that still is the same file.
  [[nodiscard]] Descriptor open_mapped(const Mapping& mapping) const;

private:
  [[nodiscard]] Descriptor open(const char* name, int flags) const;
  [[nodiscard]] std::string read(const char* name) const;
  [[nodiscard]] ProcessError explain(const char* name, int error) const;

  pid_t pid_;
  Descriptor directory_;
};

/// Of the text of /proc/PID/stat, which everybody may read.
struct ProcessState {
  char letter = '?';
  bool kernel_thread = false;
  bool ending = false;     ///< its memory can be gone already
  std::uint64_t time = 0;  ///< that it has run, in clock ticks
  std::uint64_t start = 0; ///< when it started, likewise, since boot
};
[[nodiscard]] ProcessState parse_stat(std::string_view text);

/// A PID as people write it, or nullopt.
[[nodiscard]] std::optional<pid_t> parse_pid(const std::string& text);

/// Whether /proc numbers processes as this one does: in a PID namespace that has none of its own
/// mounted /proc/PID is somebody else (pid_namespaces(7)).
[[nodiscard]] bool proc_is_of_own_namespace();
inline constexpr const char* kOtherProc =
    "/proc is missing, or is that of another PID namespace; mount it (mount -t proc proc /proc)";

/// Every process's PID, ascending, kernel threads included. Throws ProcessError.
[[nodiscard]] std::vector<pid_t> all_pids();

} // namespace sealwax::cli
