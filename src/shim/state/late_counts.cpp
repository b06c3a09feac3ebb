#include "shim/state/late_counts.hpp"

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

void LateBound::read() {
  constexpr std::uint64_t kPart = 8;
  constexpr std::uint64_t kUsualMapCount = 65530; // include/linux/mm.h, DEFAULT_MAX_MAP_COUNT
  constexpr std::uint64_t kMostPrivate = std::uint64_t{32} << 20;
  known = true;
  private_bytes = kMostPrivate;
  char buffer[512];
  std::string_view line;
  std::uint64_t number = 0;
  LineReader map_count{"/proc/sys/vm/max_map_count", Slice<char>{buffer}};
  mappings = (map_count.next(line) && number_in(line, number) ? number : kUsualMapCount) / kPart;
  kept_bytes = ~std::uint64_t{0};
  constexpr std::string_view kLabel = "Max address space";
  LineReader limits{"/proc/self/limits", Slice<char>{buffer}};
  while (limits.next(line)) {
    if (!line.starts_with(kLabel))
      continue;
    line.remove_prefix(kLabel.size());
    while (!line.empty() && line.front() == ' ')
      line.remove_prefix(1);
    if (number_in(line, number))
      kept_bytes = number / kPart;
    return;
  }
}

} // namespace sealwax::shim
