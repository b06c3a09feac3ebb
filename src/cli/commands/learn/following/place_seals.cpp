// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/following/place_seals.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/process/link_map.hpp"
#include "cli/process/survey.hpp"
#include "cli/sealing/verdict.hpp"
#include "model/mapping/maps_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <string_view>

namespace sealwax::cli::learn {
namespace {

/// Where all of an object lies in private memory, nothing but what was there before tells its path.
void name_objects(Survey& found, std::span<const Mapping> named) {
  for (Object& object : found.objects)
    if (const Mapping* const first = mapping_at(named, object.layout.span.begin());
        object.path.empty() && first != nullptr)
      object.path = first->name;
}

Place place_of(const Part& part, const Survey& found, const LoaderView& loader) {
  Place place;
  place.is_known = true;
  place.region = part.region;
  const Mapping& mapping = found.mappings[part.mapping];
  if (part.object != Part::kNone) {
    place.object = without_deleted(found.objects[part.object].path);
    place.is_mapped_code = loader.program != Part::kNone && !loader.listed[part.object];
  } else if (part.region && is_of_process(*part.region)) {
    place.object = fmt::format("[{}]", region_name(*part.region));
  } else {
    place.object = without_deleted(mapping.name);
    place.is_mapped_code = !mapping.anonymous();
  }
  return place;
}

} // namespace

std::optional<std::vector<Mapping>> quick_mappings(pid_t thread) {
  const Descriptor file{open(fmt::format("/proc/{}/maps", thread).c_str(), O_RDONLY | O_CLOEXEC)};
  const std::optional<std::string> text =
      file.open() ? read_all(file.number()) : std::optional<std::string>{};
  if (!text)
    return std::nullopt;
  std::vector<Mapping> mappings;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view line = take_line(rest);
    MapsLine parsed;
    if (!parse_maps_line(line, parsed))
      continue;
    Mapping mapping;
    mapping.range = parsed.range;
    mapping.permissions = {parsed.readable ? 'r' : '-', parsed.writable ? 'w' : '-',
                           parsed.executable ? 'x' : '-', parsed.shared ? 's' : 'p'};
    mapping.offset = parsed.offset;
    mapping.file.device = std::uint64_t{parsed.device_major} << 32U | parsed.device_minor;
    mapping.file.inode = parsed.inode;
    mapping.name = parsed.name;
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::optional<std::vector<Mapping>> named_mappings(const Thread& thread) {
  std::optional<std::vector<Mapping>> mappings = quick_mappings(thread.id);
  if (mappings)
    mappings = thread.space->former_files.restored_in(*mappings);
  return mappings;
}

void place_seals(const Thread& thread) {
  AddressSpace& space = *thread.space;
  const std::vector<Range> unnamed = space.seals.unnamed();
  if (unnamed.empty())
    return;
  // What cannot be found out is not asked for again.
  const auto nowhere = std::make_shared<const Place>();
  for (const Range range : unnamed)
    space.seals.add(range, nowhere);
  try {
    const Process process{thread.id};
    Survey found = survey(process);
    name_objects(found, named_mappings(thread).value_or(std::vector<Mapping>{}));
    const LoaderView loader = loader_view(found);
    space.program = name_in_policies(found, process.executable().value_or(space.program));
    for (const Part& part : found.parts) {
      std::shared_ptr<const Place> place;
      for (const Range range : unnamed) {
        if (!range.overlaps(part.range))
          continue;
        if (place == nullptr)
          place = std::make_shared<const Place>(place_of(part, found, loader));
        space.seals.add(intersection(range, part.range), place);
      }
    }
  } catch (const ProcessError&) {
    return; // it may not be looked into, or has ended
  }
}

} // namespace sealwax::cli::learn
