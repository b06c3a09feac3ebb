// SPDX-License-Identifier: Apache-2.0
#include "cli/injection/seals_to_do.hpp"

#include "model/mapping/maps_line.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <unistd.h>

namespace sealwax::cli {
namespace {

int protection_of(const Mapping& mapping) {
  return (mapping.permissions[0] == 'r' ? PROT_READ : 0) |
         (mapping.permissions[1] == 'w' ? PROT_WRITE : 0) | (mapping.executable() ? PROT_EXEC : 0);
}

bool may_hold_instructions(const Mapping& mapping) {
  return mapping.executable() && mapping.permissions[0] == 'r' && mapping.permissions[1] != 'w' &&
         mapping.name != "[vsyscall]";
}

bool lasts(const Mapping& mapping) {
  return !mapping.anonymous() || is_kernel_mapping(mapping.name);
}

} // namespace

std::vector<RemoteSeal> seals_to_do(const Inspection& found, WritableRelro relro,
                                    const WantsNow& wants_now) {
  std::vector<RemoteSeal> seals;
  for (std::size_t i = 0; i < found.survey.parts.size(); ++i) {
    const Part& part = found.survey.parts[i];
    const Mapping& mapping = found.survey.mappings[part.mapping];
    if (found.verdict.parts[i] != MappingVerdict::open || !wants_now(part))
      continue;
    outside::OpenPart open;
    open.range = part.range;
    open.is_relro = part.region == Region::relro;
    open.contents_too = found.verdict.parts_once_sealed[i] == MappingVerdict::contents_open;
    open.protection = protection_of(mapping);
    if (mapping.executable() && !mapping.anonymous())
      open.code_of = part.mapping;
    const RemoteSeal seal = seal_of(open, relro);
    if (!seal.range.empty() && (seals.empty() || !join(seals.back(), seal)))
      seals.push_back(seal);
  }
  return seals;
}

CallInstructions find_call_instructions(const Survey& survey) {
  CallInstructions found;
  std::vector<std::uint8_t> buffer(std::size_t{64} << 10);
  const auto read = [&survey](Address at, Slice<std::uint8_t> into) {
    return survey.memory->read(at, std::as_writable_bytes(std::span{into.data(), into.size()})) ==
           Memory::Outcome::ok;
  };
  for (const bool lasting : {true, false})
    for (const Mapping& mapping : survey.mappings)
      if (survey.memory && may_hold_instructions(mapping) && lasts(mapping) == lasting)
        outside::look_for_calls(mapping.range, read, {buffer.data(), buffer.size()}, found);
  return found;
}

std::vector<Range> places_of(const CallInstructions& instructions) {
  std::vector<Range> places;
  for (const Address at : {instructions.call_and_return, instructions.call_alone,
                           instructions.signal_return, instructions.pop_number})
    if (at != 0)
      places.push_back(Range{at, at + 1});
  return places;
}

Room room_for(const std::vector<RemoteSeal>& seals) {
  return Room(outside::room_for({seals.data(), seals.size()}));
}

bool InspectedSite::read(Address at, Slice<std::byte> into) {
  return survey_.memory &&
         survey_.memory->read(at, std::span{into.data(), into.size()}) == Memory::Outcome::ok;
}

bool InspectedSite::is_in_file(const RemoteSeal& seal, Slice<const std::byte> contents) {
  const Mapping& mapping = survey_.mappings[seal.code_of];
  const Descriptor file = process_.open_mapped(mapping);
  std::vector<std::byte> bytes(contents.size());
  const auto offset = static_cast<off_t>(mapping.offset + (seal.range.begin - mapping.range.begin));
  // Behind the file's end memory is zero.
  return file.open() && pread(file.number(), bytes.data(), bytes.size(), offset) > 0 &&
         std::equal(bytes.begin(), bytes.end(), contents.begin());
}

void InspectedSite::tell(const outside::SealProblem& problem) {
  if (problem.changed_code_of != RemoteSeal::kNone)
    problems_.push_back(fmt::format("code of {} is not what its file holds (a breakpoint, a "
                                    "relocation), and stays where it is",
                                    survey_.mappings[problem.changed_code_of].name));
  else
    problems_.push_back(fmt::format("cannot {} {:x}-{:x}: {}", problem.what, problem.range.begin,
                                    problem.range.end,
                                    std::strerror(static_cast<int>(-problem.answer))));
}

} // namespace sealwax::cli
