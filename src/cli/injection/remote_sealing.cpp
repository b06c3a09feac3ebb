// SPDX-License-Identifier: Apache-2.0
#include "cli/injection/remote_sealing.hpp"

#include "cli/injection/remote_move.hpp"
#include "cli/system/kernel_probe.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <optional>

namespace sealwax::cli {
namespace {

int protection_of(const Mapping& mapping) {
  return (mapping.permissions[0] == 'r' ? PROT_READ : 0) |
         (mapping.permissions[1] == 'w' ? PROT_WRITE : 0) | (mapping.executable() ? PROT_EXEC : 0);
}

/// Ranges that adjoin each other are sealed in one call, whatever they are.
std::vector<Range> stretches_of(const std::vector<RemoteSeal>& seals) {
  std::vector<Range> stretches;
  for (const RemoteSeal& seal : seals) {
    if (!stretches.empty() && stretches.back().end == seal.range.begin)
      stretches.back().end = seal.range.end;
    else
      stretches.push_back(seal.range);
  }
  return stretches;
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
    RemoteSeal seal{part.range, found.verdict.parts_once_sealed[i] == MappingVerdict::contents_open,
                    false, protection_of(mapping), std::nullopt};
    if (mapping.executable() && !mapping.anonymous())
      seal.code_of = mapping;
    if (part.region == Region::relro && (seal.protection & PROT_WRITE) != 0) {
      if (relro == WritableRelro::stays)
        continue;
      seal.or_not_at_all = true;
      seal.protection &= ~PROT_WRITE;
    }
    if (!seals.empty() && !seal.moved && !seals.back().moved &&
        seals.back().range.end == seal.range.begin)
      seals.back().range.end = seal.range.end;
    else
      seals.push_back(seal);
  }
  return seals;
}

Room room_for(const std::vector<RemoteSeal>& seals) {
  std::size_t size = 0;
  for (const RemoteSeal& seal : seals)
    size += seal.moved ? seal.range.size() : 0;
  return Room(size);
}

std::vector<std::string> seal_remotely(std::vector<RemoteSeal> seals, Room room,
                                       const Process& process, const Memory& memory,
                                       RemoteCalls& calls) {
  std::vector<std::string> problems = move_remotely(seals, room, process, memory, calls);
  const auto call = [&](long number, Range range, std::uint64_t argument, std::string_view what) {
    const long answer = calls.call(number, {range.begin, range.size(), argument});
    if (call_failed(answer))
      problems.push_back(why_not(what, range, answer));
    return !call_failed(answer);
  };
  std::erase_if(seals, [&](const RemoteSeal& seal) {
    return seal.or_not_at_all && !seal.moved &&
           !call(SYS_mprotect, seal.range, static_cast<std::uint64_t>(seal.protection), "protect");
  });
  for (const Range stretch : stretches_of(seals))
    (void)call(kMseal, stretch, 0, "seal");
  return problems;
}

} // namespace sealwax::cli
