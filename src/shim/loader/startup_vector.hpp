// SPDX-License-Identifier: Apache-2.0
// What the kernel handed to this process when it started: arguments, environment, auxiliary vector.
#pragma once

#include "model/range.hpp"
#include "model/slice.hpp"

#include <string_view>

namespace sealwax::shim {

/// The shim runs before libc's own constructors, when `environ` is still null on glibc, and cannot
/// trust the arguments of a constructor (musl passes none). So this is read from the stack that the
/// kernel laid out, and where nobody tells its address from libc and /proc.
struct StartupVector {
  PageSize page{4096};
  bool secure = true;                   ///< AT_SECURE; unknown counts as set
  bool is_root = true;                  ///< AT_EUID is 0; unknown counts as root
  Address vdso = 0;                     ///< AT_SYSINFO_EHDR, 0 where there is none
  Address program_headers = 0;          ///< AT_PHDR
  std::size_t program_header_count = 0; ///< AT_PHNUM
  Address interpreter = 0;              ///< AT_BASE: where ld.so was loaded
  const char* exec_name = nullptr;      ///< AT_EXECFN: the path given to execve
  std::uint64_t hwcap = 0;              ///< AT_HWCAP
  std::uint64_t hwcap2 = 0;             ///< AT_HWCAP2
  Address stack = 0;                    ///< an address in the main thread's stack, 0 where unknown
  Slice<const char* const> arguments;   ///< argv; empty where unknown
  const char* const* environment = nullptr;
  /// The program's own, kept from before its text was moved; empty where that was not.
  std::string_view program_path;

  /// Where the main thread's stack ends: the kernel puts AT_EXECFN's string last, at its very top
  /// (fs/exec.c, bprm->exec). Some address in it where that is not known.
  [[nodiscard]] Address stack_end() const;

  /// A path that leads to the program's file for sure: the one given to execve, whose lookup costs
  /// a fifth of /proc's link, or that link. Whoever starts an interpreter in the place of a file
  /// passes that file's path on to it (fs/binfmt_script.c, fs/binfmt_misc.c); what was started by a
  /// descriptor has a path below /dev/fd (fs/exec.c); a caller with fewer rights may have led it
  /// elsewhere meanwhile.
  [[nodiscard]] const char* program_file() const;

  /// Reads it all. Call it once, in the main thread, before the program's first instruction.
  static StartupVector read();

  /// The value of an environment variable. `found` false: it is not set, or AT_SECURE is.
  [[nodiscard]] std::string_view variable(std::string_view name, bool& found) const;
};

} // namespace sealwax::shim
