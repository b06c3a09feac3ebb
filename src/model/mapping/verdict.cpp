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

/// Of data and the stack a seal keeps place and permission alone, gaps have no contents, and those
/// of the kernel's mappings are the kernel's.
bool has_constant_contents(Region region) {
  return region == Region::text || region == Region::rodata || region == Region::relro;
}

bool contents_are_open(const MappingFacts& mapping, const Settings& settings) {
  if (!has_constant_contents(mapping.region))
    return false;
  return mapping.writable || (!mapping.anonymous && wants_private(settings, mapping.region));
}

} // namespace

std::string_view verdict_name(MappingVerdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)].name;
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
