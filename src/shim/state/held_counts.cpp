// SPDX-License-Identifier: Apache-2.0
#include "shim/state/held_counts.hpp"

#include "shim/kernel/line_reader.hpp"

namespace sealwax::shim {
namespace {

/// The number at the start of a text; false where there is none ("unlimited").
bool number_in(std::string_view text, std::uint64_t& number) {
  std::size_t at = 0;
  for (number = 0; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
  return at != 0;
}

} // namespace

// In .data like all that changes (see state.cpp). Hidden under this name, which the C++ ABI makes
// the one below.
[[gnu::section(".data")]] constinit Counts held_counts;

extern "C" {
[[gnu::visibility("default"),
  gnu::alias("_ZN7sealwax4shim11held_countsE")]] extern const Counts sealwax_held_counts;
}

void read_bound(const ListLocked&, Counts& counts) {
  constexpr std::uint64_t kPart = 8;
  constexpr std::uint64_t kUsualMapCount = 65530; // include/linux/mm.h, DEFAULT_MAX_MAP_COUNT
  constexpr std::uint64_t kMostPrivate = std::uint64_t{32} << 20;
  char buffer[512];
  std::string_view line;
  std::uint64_t number = 0;
  LineReader map_count{"/proc/sys/vm/max_map_count", Slice<char>{buffer}};
  const bool told = map_count.next(line) && number_in(line, number) && number >= kPart;
  counts.most_private_bytes = kMostPrivate;
  counts.most_kept_bytes = ~std::uint64_t{0};
  counts.most_mappings = (told ? number : kUsualMapCount) / kPart;
  constexpr std::string_view kLabel = "Max address space";
  LineReader limits{"/proc/self/limits", Slice<char>{buffer}};
  while (limits.next(line)) {
    if (!line.starts_with(kLabel))
      continue;
    line.remove_prefix(kLabel.size());
    while (!line.empty() && line.front() == ' ')
      line.remove_prefix(1);
    if (number_in(line, number))
      counts.most_kept_bytes = number / kPart;
    return;
  }
}

} // namespace sealwax::shim
