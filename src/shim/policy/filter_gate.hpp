// SPDX-License-Identifier: Apache-2.0
// Which calls this process may make under the seccomp filter that it inherited.
#pragma once

#include "model/policy/policy.hpp"
#include "shim/kernel/seccomp_filter.hpp"

namespace sealwax::shim {

/// Until it is decided no call is made but those by which ld.so has just loaded this library. What
/// a policy says of filters decides what it costs to find out: so a policy may be read first.
class FilterGate {
public:
  explicit FilterGate(Kernel& kernel) : kernel_(kernel) {}

  /// Looks, once, whether there is a filter, and where there is none allows every call. Where
  /// filters are trusted every call is allowed, and one of them tells more cheaply than /proc.
  void look(InheritedFilter rule);
  [[nodiscard]] bool has_looked() const { return has_looked_; }
  /// Looks again the next time.
  void forget() { has_looked_ = false; }

  /// Finds out what a filter lets pass, or goes by the rule.
  void decide(InheritedFilter rule);

  [[nodiscard]] const FilterState& filter() const { return filter_; }
  [[nodiscard]] const FilterVerdict& verdict() const { return verdict_; }

private:
  [[nodiscard]] bool is_free() const { return filter_.known && filter_.count == 0; }
  void allow(const FilterVerdict& verdict);

  Kernel& kernel_;
  FilterState filter_;
  FilterVerdict verdict_;
  bool has_looked_ = false;
};

} // namespace sealwax::shim
