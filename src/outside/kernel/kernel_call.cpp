// SPDX-License-Identifier: Apache-2.0
// In a file of its own, so that tests can put another one in its place.
#include "outside/kernel/kernel_call.hpp"

#include "outside/arch/arch.hpp"

namespace sealwax::outside {

long kernel_call(long number, long a, long b, long c, long d, long e, long f) {
  return arch::system_call(number, a, b, c, d, e, f);
}

} // namespace sealwax::outside
