#include "shim/state/state.hpp"

namespace sealwax::shim {

// Not const: its bytes are written once, through the copy that replaces its page (see LastWrite).
[[gnu::section(".data.rel.ro")]] constinit Frozen frozen;
// ld.so makes one more mapping for a .bss that does not fit into .data's last page, which costs
// every process some 4 us. So what is large lies in .data, or is an OnDemand.
[[gnu::section(".data")]] constinit State state;

Frozen Frozen::settled() const {
  Frozen settled = *this;
  if (!policy.lies_in(policy_room))
    return settled;
  settled.policy = policy.moved_to(frozen.policy_room);
  if (!process.report_file.empty())
    settled.process.report_file = {frozen.policy_room + (process.report_file.data() - policy_room),
                                   process.report_file.size()};
  return settled;
}

bool has_inherited_filters_only() {
  return FilterState::read(false) == frozen.filter;
}

} // namespace sealwax::shim
