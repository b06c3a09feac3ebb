// SPDX-License-Identifier: Apache-2.0
#include "cli/process/survey.hpp"

#include "cli/process/remote_files.hpp"
#include "model/mapping/maps_line.hpp"

#include <algorithm>
#include <cstdint>
#include <elf.h>
#include <set>
#include <unistd.h>

namespace sealwax::cli {
namespace {

struct Claim {
  Range range;
  Region region = Region::rodata;
  std::size_t object = Part::kNone;
};

/// Pieces of all objects, in order of address.
class Claims {
public:
  Claims(std::span<const Object> objects, bool gaps) {
    for (std::size_t i = 0; i < objects.size(); ++i)
      for (const Piece& piece : objects[i].layout.pieces)
        if ((piece.region == Region::gaps) == gaps)
          claims_.push_back(Claim{piece.range, piece.region, i});
    std::sort(claims_.begin(), claims_.end(),
              [](const Claim& a, const Claim& b) { return a.range.begin < b.range.begin; });
  }

  /// The claim on the part of `range` from its begin on. `range.end` becomes the first border
  /// behind it.
  const Claim* first(Range& range) const {
    const auto next =
        std::upper_bound(claims_.begin(), claims_.end(), range.begin,
                         [](Address at, const Claim& claim) { return at < claim.range.begin; });
    if (next != claims_.end())
      range.end = std::min(range.end, next->range.begin);
    if (next == claims_.begin() || !std::prev(next)->range.contains(range.begin))
      return nullptr;
    range.end = std::min(range.end, std::prev(next)->range.end);
    return &*std::prev(next);
  }

private:
  std::vector<Claim> claims_;
};

class Splitter {
public:
  Splitter(std::span<const Object> objects, Address vdso)
      : segments_(objects, false), gaps_(objects, true), vdso_(vdso) {}

  void add(const Mapping& mapping, std::size_t index) {
    if (is_kernel_mapping(mapping.name) || (vdso_ != 0 && mapping.range.contains(vdso_)))
      push(Part{mapping.range, index, Part::kNone, Region::vdso});
    else if (mapping.name == "[stack]")
      push(Part{mapping.range, index, Part::kNone, Region::stack});
    else
      add_pieces(mapping, index);
  }

  std::vector<Part> take() { return std::move(parts_); }

private:
  void add_pieces(const Mapping& mapping, std::size_t index) {
    for (Range rest = mapping.range; !rest.empty();) {
      Part part{rest, index, Part::kNone, std::nullopt};
      const Claim* claim = segments_.first(part.range);
      // What has permissions in a hole between segments is somebody else's.
      if (claim == nullptr && !mapping.accessible())
        claim = gaps_.first(part.range);
      if (claim != nullptr) {
        part.region = claim->region;
        part.object = claim->object;
      }
      push(part);
      rest.begin = part.range.end;
    }
  }

  void push(const Part& part) {
    if (!parts_.empty() && parts_.back().mapping == part.mapping &&
        parts_.back().region == part.region && parts_.back().object == part.object)
      parts_.back().range.end = part.range.end;
    else
      parts_.push_back(part);
  }

  Claims segments_;
  Claims gaps_;
  Address vdso_;
  std::vector<Part> parts_;
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// nullopt: the process became another program between two looks.
std::optional<Survey> try_survey(const Process& process) {
  Survey result;
  // Opened before the mappings are read: both then show one address space, or `gone`.
  result.memory = process.memory();
  result.mappings = process.mappings();
  const Address vdso = process.auxiliary(AT_SYSINFO_EHDR).value_or(0);
  const std::string mounts = process.text("mountinfo").value_or("");
  const std::set<std::uint64_t> in_memory = memory_devices(mounts);
  for (Mapping& mapping : result.mappings)
    mapping.shared_memory = !mapping.anonymous() && (in_memory.contains(mapping.file.device) ||
                                                     mapping.name.starts_with("/memfd:"));
  const std::set<std::uint64_t> remote = remote_devices(mounts);
  const auto is_remote = [&remote](const Mapping& mapping) {
    return !mapping.anonymous() && remote.contains(mapping.file.device);
  };
  if (result.memory) {
    std::vector<Range> avoided;
    for (const Mapping& mapping : result.mappings)
      if (is_remote(mapping))
        avoided.push_back(mapping.range);
    result.memory->avoid(std::move(avoided));
    bool gone = false;
    const ReadMemory read = [&](Address at, std::span<std::byte> into) {
      const Memory::Outcome outcome = result.memory->read(at, into);
      gone |= outcome == Memory::Outcome::gone;
      return outcome == Memory::Outcome::ok;
    };
    const PageSize page{static_cast<std::size_t>(sysconf(_SC_PAGESIZE))};
    FoundObjects found = find_objects(result.mappings, read, page, vdso);
    if (gone)
      return std::nullopt;
    result.objects = std::move(found.objects);
    result.unclear = std::move(found.unclear);
    for (const Mapping& mapping : result.mappings)
      if (is_remote(mapping) && contains(result.unclear, mapping.name) &&
          !contains(result.unread, mapping.name))
        result.unread.push_back(mapping.name);
    result.objects_known = true;
  }
  result.parts = split(result.mappings, result.objects, vdso);
  return result;
}

} // namespace

std::vector<Part> split(std::span<const Mapping> mappings, std::span<const Object> objects,
                        Address vdso) {
  Splitter splitter{objects, vdso};
  for (std::size_t i = 0; i < mappings.size(); ++i)
    splitter.add(mappings[i], i);
  return splitter.take();
}

RegionTable Survey::regions() const {
  RegionTable table;
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    const Region region = static_cast<Region>(i);
    if (objects_known || is_of_process(region))
      table[i].emplace();
  }
  for (const Part& part : parts) {
    if (!part.region)
      continue;
    RegionCounts& counts = *table[static_cast<std::size_t>(*part.region)];
    const bool sealed = mappings[part.mapping].sealed;
    counts.mappings += 1;
    counts.bytes += part.range.size();
    counts.sealed_mappings += sealed ? 1 : 0;
    counts.sealed_bytes += sealed ? part.range.size() : 0;
  }
  return table;
}

Survey survey(const Process& process) {
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt < kAttempts; ++attempt)
    if (std::optional<Survey> result = try_survey(process))
      return std::move(*result);
  throw ProcessError(ProcessError::Kind::vanished,
                     "process " + std::to_string(process.pid()) +
                         " keeps becoming another program or has ended; try again");
}

} // namespace sealwax::cli
