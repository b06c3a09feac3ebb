// SPDX-License-Identifier: Apache-2.0
// The smallest fuzzer: whether clang can link one.
#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t) {
  return 0;
}
