// SPDX-License-Identifier: Apache-2.0
// What a policy would have refused a program, and the exceptions that it takes.
#pragma once

#include "cli/exceptions/frame.hpp"
#include "model/region.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli {

/// Calls of one kind, from one place to one object.
struct RefusedCall {
  enum class Kind : std::uint8_t {
    seal,        ///< of a library or of the kernel's mappings
    mapped_code, ///< of code that the program has mapped by itself
    own,         ///< of what Sealwax protects of its own, whatever the policy says
    unknown,     ///< of what, may not be read
    exec_gain,   ///< no seal: the denial of new executable memory
  };

  Kind kind = Kind::seal;
  std::string program; ///< whose policy it is
  std::string object;  ///< what it would have changed: a path or a [name]; empty: unknown, or none
  RegionSet regions;
  std::string call;    ///< a function's name
  std::string request; ///< "r--", "DONTNEED"; can be empty
  Frame caller;
  std::uint64_t count = 0;
  std::string evidence; ///< where and when, behind the count; can be empty
  bool operator==(const RefusedCall&) const = default;
};

/// In the order in which each was made first.
class RefusedCalls {
public:
  /// Counts it; `refused.count` does not matter.
  void add(RefusedCall refused);
  /// One that is equal to no other, counted by others.
  void add_counted(RefusedCall refused) { refused_calls_.push_back(std::move(refused)); }
  [[nodiscard]] std::span<const RefusedCall> all() const { return refused_calls_; }
  [[nodiscard]] std::uint64_t calls() const;

private:
  std::vector<RefusedCall> refused_calls_;
};

/// A section of a policy, and why it is there.
struct Exception {
  std::string program;
  std::string object; ///< empty: a [program] section
  RegionSet open;
  bool leave_mapped_code = false;
  bool allow_exec_gain = false;
  std::vector<const RefusedCall*> reasons;
};

/// Whether a policy can let such a call through.
[[nodiscard]] bool can_be_excepted(const RefusedCall& refused);

/// As few and as small as will do. What no policy can except is left out.
[[nodiscard]] std::vector<Exception> exceptions_from(std::span<const RefusedCall> refused_calls);

/// `base`, or the built-in default where it is empty, with the exceptions behind it.
[[nodiscard]] std::string policy_with(std::string_view base, std::span<const Exception> exceptions);

/// A glob that matches `path` and, but for bytes that a policy cannot have, nothing else.
[[nodiscard]] std::string glob_for(std::string_view path);

/// "mprotect r-- of data"
[[nodiscard]] std::string describe_call(const RefusedCall& refused);

} // namespace sealwax::cli
