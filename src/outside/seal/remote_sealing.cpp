// SPDX-License-Identifier: Apache-2.0
#include "outside/seal/remote_sealing.hpp"

#include "outside/kernel/kernel_call.hpp"
#include "outside/seal/remote_move.hpp"

#include <sys/syscall.h>

namespace sealwax::outside {
namespace {

bool call(RemoteCalls& calls, SealingSite& site, long number, Range range, int argument,
          const char* what) {
  const long answer =
      calls.call(number, {range.begin, range.size(), static_cast<std::uint64_t>(argument)});
  if (call_failed(answer))
    site.tell({what, range, answer});
  return !call_failed(answer);
}

} // namespace

void seal_remotely(Slice<RemoteSeal> seals, Slice<std::byte> room, SealingSite& site,
                   RemoteCalls& calls) {
  move_remotely(seals, room, site, calls);
  for (RemoteSeal& seal : seals)
    if (!seal.range.empty() && seal.or_not_at_all && !seal.moved &&
        !call(calls, site, SYS_mprotect, seal.range, seal.protection, "protect"))
      seal.range = {};
  for_each_stretch(seals,
                   [&](Range stretch) { (void)call(calls, site, kMseal, stretch, 0, "seal"); });
}

} // namespace sealwax::outside
