// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/library_counts.hpp"

#include "cli/output/output.hpp"
#include "cli/process/dynamic_symbol.hpp"

#include <fmt/format.h>

namespace sealwax::cli {
namespace {

/// Of a bound on what closed libraries may leave, as far as there is one.
std::string part_of(std::uint64_t left, std::uint64_t most) {
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  return most == kNone ? fmt::format("{}", left) : fmt::format("{} of {}", left, most);
}

} // namespace

std::optional<LibraryCounts> counts_in(const Survey& survey) {
  if (!survey.memory)
    return std::nullopt;
  for (const Object& object : survey.objects) {
    LibraryCounts counts;
    const std::optional<Address> at = find_variable(*survey.memory, object, kHeldCountsName);
    if (at && survey.memory->read_object(*at, counts) && counts.is_understood())
      return counts;
  }
  return std::nullopt;
}

std::vector<std::string> notes_on(const LibraryCounts& counts) {
  std::vector<std::string> notes;
  if (counts.waiting != 0)
    notes.push_back(
        fmt::format("{} and not sealed until old: such libraries come and go",
                    counted(counts.waiting, "late library is open", "late libraries are open")));
  if (counts.beyond != 0)
    notes.push_back(
        fmt::format("{} left open, since {} left as much as they may: {} mappings, {} "
                    "private bytes, {} bytes of address space",
                    counted(counts.beyond, "load was", "loads were"),
                    counted(counts.buried, "closed library has", "closed libraries have"),
                    part_of(counts.mappings, counts.most_mappings),
                    part_of(counts.private_bytes, counts.most_private_bytes),
                    part_of(counts.kept_bytes, counts.most_kept_bytes)));
  if (counts.scans_left_out != 0)
    notes.push_back(
        fmt::format("{} looked at: a seccomp filter came since the start, or /proc "
                    "cannot be read",
                    counted(counts.scans_left_out, "late load was not", "late loads were not")));
  if (counts.dropped_reports != 0)
    notes.push_back(fmt::format("{} dropped that could not be written at once",
                                counted(counts.dropped_reports, "report was", "reports were")));
  return notes;
}

} // namespace sealwax::cli
