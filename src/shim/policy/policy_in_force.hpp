// SPDX-License-Identifier: Apache-2.0
// Where the policy comes from.
#pragma once

#include "model/policy/held_policy.hpp"
#include "model/policy/policy.hpp"
#include "shim/kernel/kernel.hpp"
#include "shim/kernel/maps.hpp"
#include "shim/loader/startup_vector.hpp"
#include "shim/policy/filter_gate.hpp"

#include <string_view>

namespace sealwax::shim {

/// Why a policy was not taken; the built-in default has its place then.
struct PolicyFault {
  const char* message = nullptr; ///< null: there is none
  std::string_view path;
  std::uint32_t line = 0; ///< 0 where the file could not be read at all
  std::uint32_t column = 0;
  int error = 0; ///< errno value of a failed open or read
  ReportTo report_to = ReportTo::journal;
  Mode mode = Mode::enforce; ///< of the built-in default in its place
};

struct LoadedPolicy {
  ProgramPolicy policy;
  /// Where the policy's sections are, read-only, if the caller's room was too small for them.
  PageRange storage;
  PolicyFault fault;
  HeldPolicy::Origin origin = HeldPolicy::Origin::built_in;
  /// The policy has sections for programs, and nobody could tell which program this is: none of
  /// them applies.
  bool program_unknown = false;
};

/// Reads /etc/sealwax/policy.conf, or what SEALWAX_POLICY names in its place where that is allowed.
/// A file is taken from one opening of it, so a change by rename is seen whole or not at all. The
/// sections that matter go into `room`, and into pages of their own where it is too small. No more
/// than one descriptor is open at a time: a setuid program's caller can leave it that many.
/// A policy of usual length may be read before `gate` has looked, which then looks by what it says,
/// and taken only behind that.
LoadedPolicy load_policy(Kernel& kernel, FilterGate& gate, Maps& maps, const StartupVector& startup,
                         Slice<char> room);

/// The path of the program as policies name it: the kernel's, which is the program's own also where
/// ld.so was started by hand; without /proc what was given to execve, which a setuid program's
/// caller chooses, so there it is empty.
std::string_view program_path(Maps& maps, const StartupVector& startup);

} // namespace sealwax::shim
