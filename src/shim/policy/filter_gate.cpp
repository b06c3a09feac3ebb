// SPDX-License-Identifier: Apache-2.0
#include "shim/policy/filter_gate.hpp"

namespace sealwax::shim {

void FilterGate::allow(const FilterVerdict& verdict) {
  verdict_ = verdict;
  kernel_.allow(verdict.passed);
}

void FilterGate::look(InheritedFilter rule) {
  if (has_looked_)
    return;
  has_looked_ = true;
  const bool trusted = rule == InheritedFilter::trust;
  if (trusted)
    allow({.passed = CallSet::all()});
  filter_ = trusted && kernel_.is_free_of_filters() ? FilterState{.known = true}
                                                    : FilterState::read(true);
  if (is_free())
    allow({.passed = CallSet::all()});
}

void FilterGate::decide(InheritedFilter rule) {
  look(rule);
  if (is_free() || rule == InheritedFilter::trust)
    allow({.passed = CallSet::all()});
  else if (filter_.known && filter_.count == 1 && has_closing_filter())
    allow({.passed = CallSet::all_but(Call::protect_code)}); // an earlier program's own (exec-gain)
  else // Without /proc nobody knows whether there is a filter at all.
    allow(rule == InheritedFilter::skip ? FilterVerdict{} : probe_filter());
}

} // namespace sealwax::shim
