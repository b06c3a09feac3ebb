// SPDX-License-Identifier: Apache-2.0
#include "model/mapping/verdict.hpp"

#include "model/enumerated.hpp"

namespace sealwax {
namespace {

struct VerdictRow {
  MappingVerdict verdict;
  std::string_view name;
};
constexpr VerdictRow kVerdicts[] = {
    {MappingVerdict::sealed, "sealed"}, {MappingVerdict::contents_open, "contents-open"},
    {MappingVerdict::open, "open"},     {MappingVerdict::observed, "observed"},
    {MappingVerdict::off, "off"},       {MappingVerdict::unknown, "unknown"},
};
static_assert(in_order(kVerdicts, &VerdictRow::verdict, MappingVerdict::unknown));
static_assert(sizeof kVerdicts / sizeof *kVerdicts == kVerdictCount);

/// Of data and the stack a seal keeps place and permission alone, gaps have no contents, and those
/// of the kernel's mappings are the kernel's.
bool has_constant_contents(Region region) {
  return region == Region::text || region == Region::rodata || region == Region::relro;
}

bool contents_are_open(const MappingFacts& mapping, const Settings& settings) {
  if (!has_constant_contents(mapping.region))
    return false;
  return mapping.writable ||
         (!mapping.anonymous && wants_private(settings, mapping.region, mapping.shared_memory));
}

} // namespace

std::string_view verdict_name(MappingVerdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)].name;
}

std::string_view summary_of(VerdictSet verdicts) {
  using enum MappingVerdict;
  const bool some_sealed = verdicts.has(sealed) || verdicts.has(contents_open);
  if (verdicts.has(open))
    return some_sealed ? "partly" : verdict_name(open);
  for (const MappingVerdict worst : {contents_open, unknown})
    if (verdicts.has(worst))
      return verdict_name(worst);
  if (some_sealed)
    return verdicts.has(observed) || verdicts.has(off) ? "partly" : verdict_name(sealed);
  for (const MappingVerdict other : {observed, off})
    if (verdicts.has(other))
      return verdict_name(other);
  return "-";
}

MappingVerdict verdict_of_mode(const Settings& settings) {
  switch (settings.mode) {
  case Mode::audit:
    return MappingVerdict::observed;
  case Mode::off:
    return MappingVerdict::off;
  case Mode::enforce:
    break;
  }
  return MappingVerdict::sealed;
}

MappingVerdict judge_mapping(const MappingFacts& mapping, const Settings& settings) {
  if (settings.mode == Mode::off || !settings.seal.has(mapping.region))
    return MappingVerdict::off;
  if (settings.mode == Mode::audit)
    return MappingVerdict::observed;
  switch (mapping.seal) {
  case SealState::open:
    return MappingVerdict::open;
  case SealState::unknown:
    return MappingVerdict::unknown;
  case SealState::sealed:
    break;
  }
  return contents_are_open(mapping, settings) ? MappingVerdict::contents_open
                                              : MappingVerdict::sealed;
}

} // namespace sealwax
