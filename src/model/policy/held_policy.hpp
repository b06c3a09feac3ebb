// SPDX-License-Identifier: Apache-2.0
// The policy that a process holds, as the library in it shows it to whoever looks from outside.
#pragma once

#include "model/policy/policy.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

/// Lies at kHeldPolicyName in the library's RELRO, which is sealed. The library writes it once,
/// with all else that is decided at start-up; the tool reads it from the process's memory. What it
/// says counts only where its page and the records' are sealed.
struct HeldPolicy {
  enum class Origin : std::uint8_t {
    built_in, ///< there is no policy
    system,   ///< kSystemPolicy
    variable, ///< kPolicyVariable
    fault,    ///< the one that should hold was not taken, so that the built-in default does
  };

  static constexpr char kMagic[8] = {'s', 'e', 'a', 'l', 'w', 'a', 'x', '1'};
  static constexpr std::size_t kLongestPath = 255;

  char magic[sizeof kMagic] = {}; ///< none until the library has decided
  std::uint32_t size = 0;         ///< of this structure
  Origin origin = Origin::built_in;
  std::uint8_t secure = 0;          ///< 1: AT_SECURE
  std::uint16_t path_size = 0;      ///< of `path`; more than kLongestPath: it did not fit
  std::uint64_t meaning = 0;        ///< kPolicyMeaning of the library
  std::uint64_t records = 0;        ///< ProgramPolicy::records(): their address
  std::uint64_t record_size = 0;    ///< how many bytes
  char path[kLongestPath + 1] = {}; ///< Origin::variable: its value

  void set(Origin from, bool is_secure, std::string_view file);
  void set_records(Slice<const char> where);
  /// Whether it was written by a library that means the same by its records as this program.
  [[nodiscard]] bool is_understood() const;
  /// nullopt-like: `known` false where it did not fit.
  [[nodiscard]] std::string_view variable(bool& known) const;
};

/// The name of the library's dynamic symbol.
inline constexpr const char* kHeldPolicyName = "sealwax_held_policy";

/// A number that changes with whatever records and settings mean: keys, words, their order, the
/// built-in default, the layout of a record. A tool and a library of different versions that agree
/// in it agree in all that counts.
[[nodiscard]] std::uint64_t policy_meaning();

} // namespace sealwax
