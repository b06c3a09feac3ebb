// SPDX-License-Identifier: Apache-2.0
// What write_counts finds in the library that counts.
#pragma once

#include <cstdint>

struct gcov_info;

struct Counted {
  std::uint64_t* counters;
  std::uint64_t* counters_end;
  const gcov_info** infos;
  const gcov_info** infos_end;
};
