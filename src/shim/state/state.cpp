// SPDX-License-Identifier: Apache-2.0
#include "shim/state/state.hpp"

namespace sealwax::shim {

// Not const: its bytes are written once, through the copy that replaces its page (see LastWrite).
[[gnu::section(".data.rel.ro")]] constinit Frozen frozen;
static_assert(offsetof(Frozen, held) == 0, "the dynamic symbol below stands for its first member");
// ld.so makes one more mapping for a .bss that does not fit into .data's last page, which costs
// every process some 4 us. So what is large lies in .data, or is an OnDemand.
[[gnu::section(".data")]] constinit State state;

Frozen Frozen::settled() const {
  Frozen settled = *this;
  settled.held.set_records(policy.records());
  if (!policy.lies_in(policy_room))
    return settled;
  settled.policy = policy.moved_to(frozen.policy_room);
  settled.held.set_records(settled.policy.records());
  if (!process.report_file.empty())
    settled.process.report_file = {frozen.policy_room + (process.report_file.data() - policy_room),
                                   process.report_file.size()};
  return settled;
}

extern "C" {
// By the name that the C++ ABI gives to `frozen`, which stays hidden.
[[gnu::visibility("default"),
  gnu::alias("_ZN7sealwax4shim6frozenE")]] extern const HeldPolicy sealwax_held_policy;
}

bool has_inherited_filters_only() {
  return FilterState::read(false) == frozen.filter;
}

} // namespace sealwax::shim
