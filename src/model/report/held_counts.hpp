// SPDX-License-Identifier: Apache-2.0
// What the library in a process counts, as it shows it to whoever looks from outside.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sealwax {

/// Lies at kHeldCountsName in the library's data, and changes while the process runs. The process
/// can write there: the figures are its own word, which is told and decides nothing. `Number` is a
/// std::uint64_t, in the library an atomic one.
template <typename Number>
struct HeldCounts {
  static constexpr char kMagic[8] = {'s', 'w', 'c', 'o', 'u', 'n', 't', '1'};

  char magic[sizeof kMagic] = {'s', 'w', 'c', 'o', 'u', 'n', 't', '1'};
  std::uint64_t size = sizeof(HeldCounts); ///< a later version has more behind these

  Number waiting{};       ///< libraries that are open until they are old (dlopen = seal)
  Number beyond{};        ///< loads that were left open because the bound was reached
  Number buried{};        ///< closed libraries whose sealed pages stay
  Number mappings{};      ///< that they have left
  Number private_bytes{}; ///< of these, what the process has by itself
  Number kept_bytes{};    ///< address space
  Number most_mappings{}; ///< the bound; 0: not looked for yet, since nothing was left
  Number most_private_bytes{};
  Number most_kept_bytes{};
  Number scans_left_out{};  ///< looks at what was loaded, left out since a filter had appeared
  Number dropped_reports{}; ///< lines that could not be written at once

  [[nodiscard]] bool is_understood() const {
    for (std::size_t i = 0; i < sizeof kMagic; ++i)
      if (magic[i] != kMagic[i])
        return false;
    return size >= sizeof *this;
  }
};

/// The name of the library's dynamic symbol.
inline constexpr const char* kHeldCountsName = "sealwax_held_counts";

} // namespace sealwax
