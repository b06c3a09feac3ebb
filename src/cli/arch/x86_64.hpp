// SPDX-License-Identifier: Apache-2.0
// Where the loaders of x86-64 look for libraries. Chosen by arch.hpp.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli {

/// Where Debian has the libraries for this processor.
inline constexpr const char* kLibraryFolder = "/usr/lib/x86_64-linux-gnu";

/// Which of glibc-hwcaps this machine has, the best first: those of the psABI's levels by the
/// features that tell them apart.
inline std::vector<std::string_view> library_levels() {
  const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  std::vector<std::string_view> levels;
  for (const auto& [usable, name] :
       {std::pair{v4, "x86-64-v4"}, std::pair{v3, "x86-64-v3"}, std::pair{v2, "x86-64-v2"}})
    if (usable)
      levels.emplace_back(name);
  return levels;
}

} // namespace sealwax::cli
