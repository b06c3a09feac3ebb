// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/verdict.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/process/link_map.hpp"

#include <algorithm>

namespace sealwax::cli {
namespace {

/// Per object: nothing of it is sealed.
std::vector<bool> wholly_open(const Survey& survey) {
  std::vector<bool> open(survey.objects.size(), true);
  for (const Part& part : survey.parts)
    if (part.object != Part::kNone && survey.mappings[part.mapping].sealed)
      open[part.object] = false;
  return open;
}

/// What the policy wants sealed of each object.
class ObjectJudge {
public:
  ObjectJudge(const Survey& survey, const ProgramPolicy& rules)
      : survey_(survey), rules_(rules), open_(wholly_open(survey)) {
    // Asking the loader costs reads in the process, which most processes can be judged without.
    const bool mixed = std::find(open_.begin(), open_.end(), true) != open_.end() &&
                       std::find(open_.begin(), open_.end(), false) != open_.end();
    if (mixed || rules.names_objects())
      loader_ = loader_view(survey);
  }

  /// With mode = off where it may be left open.
  Settings wanted(std::size_t object) const {
    Settings settings = settings_of(object);
    if (excused(object, settings))
      settings.mode = Mode::off;
    return settings;
  }

private:
  Settings settings_of(std::size_t object) const {
    if (!rules_.names_objects())
      return rules_.process();
    const std::string_view path = without_deleted(survey_.objects[object].path);
    const std::string& name = loader_.names[object];
    return rules_.object(name.empty() ? path : name, path);
  }

  /// The policy may leave open what is loaded late or not by the loader. From outside, an object
  /// of which nothing is sealed counts as such, unless it is the program or everything is open.
  bool excused(std::size_t object, const Settings& settings) const {
    if (!open_[object] || loader_.program == Part::kNone || object == loader_.program)
      return false;
    const bool late_ones_too =
        settings.late_loads == LateLoads::seal || settings.late_loads == LateLoads::pin;
    return !late_ones_too || (!loader_.listed[object] && settings.mapped_code == MappedCode::leave);
  }

  const Survey& survey_;
  const ProgramPolicy& rules_;
  std::vector<bool> open_;
  LoaderView loader_;
};

std::vector<Settings> wanted_of_objects(const Survey& survey, const ProgramPolicy& rules) {
  const ObjectJudge judge{survey, rules};
  std::vector<Settings> wanted;
  wanted.reserve(survey.objects.size());
  for (std::size_t i = 0; i < survey.objects.size(); ++i)
    wanted.push_back(judge.wanted(i));
  return wanted;
}

SealState seal_of(const Mapping& mapping) {
  return mapping.sealed ? SealState::sealed : SealState::open;
}

MappingVerdict verdict_on(const Part& part, const Mapping& mapping, SealState seal,
                          const Settings& settings) {
  if (!part.region)
    return MappingVerdict::off;
  MappingFacts facts;
  facts.region = *part.region;
  facts.seal = seal;
  facts.anonymous = mapping.anonymous();
  facts.writable = mapping.permissions[1] == 'w';
  facts.shared_memory = mapping.shared_memory;
  return judge_mapping(facts, settings);
}

} // namespace

std::string name_in_policies(const Survey& survey, std::string_view executable) {
  executable = without_deleted(executable);
  const auto interpreted =
      std::any_of(survey.objects.begin(), survey.objects.end(), [&](const Object& object) {
        return object.has_interpreter && without_deleted(object.path) == executable;
      });
  if (!interpreted)
    if (const std::size_t program = loader_view(survey).program; program != Part::kNone)
      return std::string{without_deleted(survey.objects[program].path)};
  return std::string{executable};
}

bool seals_nothing(const ProgramPolicy& rules) {
  return wanted_by(rules.process()).empty() && !rules.names_objects();
}

MappingVerdict Verdict::whole(bool certain) const {
  if (!open.empty())
    return MappingVerdict::open;
  if (!contents_open.empty())
    return MappingVerdict::contents_open;
  return certain ? otherwise : MappingVerdict::unknown;
}

namespace {

/// Adds what settings want of a process, or of an object.
void add_wishes(const Settings& settings, RegionSet among, Verdict& verdict) {
  verdict.wanted = verdict.wanted.with(wanted_by(settings).common(among));
  verdict.observed = verdict.observed.with(observed_by(settings).common(among));
}

void add_part(const Part& part, MappingVerdict found, Verdict& verdict) {
  verdict.parts.push_back(found);
  if (!part.region)
    return;
  verdict.regions[static_cast<std::size_t>(*part.region)].add(found);
  const bool sealed = found == MappingVerdict::sealed;
  const bool open = found == MappingVerdict::open;
  const bool contents_open = found == MappingVerdict::contents_open;
  verdict.wanted_bytes += sealed || open || contents_open ? part.range.size() : 0;
  verdict.sealed_bytes += sealed ? part.range.size() : 0;
  if (open)
    verdict.open = verdict.open.with({*part.region});
  if (contents_open)
    verdict.contents_open = verdict.contents_open.with({*part.region});
}

/// Where nobody knows what is wanted.
Verdict judge_without_policy(const Survey& survey) {
  Verdict verdict;
  for (const Part& part : survey.parts)
    add_part(part, MappingVerdict::unknown, verdict);
  verdict.parts_once_sealed = verdict.parts;
  return verdict;
}

} // namespace

Verdict judge(const Survey& survey, const EffectivePolicy& policy) {
  if (policy.is_unknown())
    return judge_without_policy(survey);
  const Settings process = policy.rules().process();
  const std::vector<Settings> objects = wanted_of_objects(survey, policy.rules());
  const RegionSet of_objects = RegionSet::all().without(kProcessRegions);
  Verdict verdict;
  add_wishes(process, survey.objects_known ? kProcessRegions : RegionSet::all(), verdict);
  for (const Settings& settings : objects)
    add_wishes(settings, of_objects, verdict);
  for (const Part& part : survey.parts) {
    const Settings& settings = part.object == Part::kNone ? process : objects[part.object];
    const Mapping& mapping = survey.mappings[part.mapping];
    add_part(part, verdict_on(part, mapping, seal_of(mapping), settings), verdict);
    verdict.parts_once_sealed.push_back(verdict_on(part, mapping, SealState::sealed, settings));
  }
  verdict.otherwise = verdict_of_mode(process);
  if (verdict.otherwise == MappingVerdict::sealed && verdict.wanted.empty())
    verdict.otherwise = verdict.observed.empty() ? MappingVerdict::off : MappingVerdict::observed;
  return verdict;
}

} // namespace sealwax::cli
