// SPDX-License-Identifier: Apache-2.0
// What the fuzzers share. Built with clang's libFuzzer and AddressSanitizer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sealwax::fuzz {

/// libFuzzer keeps the input on which a target aborts.
inline void expect(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

} // namespace sealwax::fuzz
