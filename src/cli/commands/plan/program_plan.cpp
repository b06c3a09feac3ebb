// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/plan/program_plan.hpp"

#include "cli/output/output.hpp"
#include "cli/sealing/verdict.hpp"
#include "model/object/plan.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace sealwax::cli {
namespace {

std::size_t planned_bytes(const ObjectLayout& layout, Region region) {
  ObjectPlan plan;
  plan_object(layout, {region}, plan);
  std::size_t bytes = 0;
  for (const PageRange& range : plan.runs)
    bytes += range.size();
  for (const PageRange& range : plan.gaps)
    bytes += range.size();
  return bytes;
}

/// Of a mapping once the library has done what `settings` want, where it can.
MappingVerdict expected(Region region, const Settings& settings, bool can_be_sealed) {
  MappingFacts facts;
  facts.region = region;
  facts.seal = can_be_sealed ? SealState::sealed : SealState::open;
  facts.anonymous = wants_private(settings, region);
  return judge_mapping(facts, settings);
}

/// `gaps_mapped`: what lies between the segments is mapped without permission, not just free.
PlannedTable regions_of(const ObjectLayout& layout, const Settings& settings, bool can_be_sealed,
                        bool gaps_mapped) {
  PlannedTable table;
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    const Region region = static_cast<Region>(i);
    if (is_of_process(region))
      continue;
    table[i].emplace();
    if (region == Region::gaps && !gaps_mapped)
      continue;
    table[i]->bytes = planned_bytes(layout, region);
    if (expected(region, settings, can_be_sealed) == MappingVerdict::sealed)
      table[i]->sealed_bytes = table[i]->bytes;
  }
  return table;
}

void add(PlannedTable& sum, const PlannedTable& table) {
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    if (!table[i])
      continue;
    if (!sum[i])
      sum[i].emplace();
    sum[i]->bytes += table[i]->bytes;
    sum[i]->sealed_bytes += table[i]->sealed_bytes;
  }
}

LoadedFile load_program(const SystemRoot& root, const std::string& file) {
  std::optional<OpenFile> opened = root.open(file);
  if (!opened)
    throw std::system_error(errno, std::generic_category());
  const std::string path = opened->path;
  return load(std::move(*opened), path);
}

class Planning {
public:
  Planning(const LoadedFile& library, const EffectivePolicy& policy, Closure closure)
      : library_(library), policy_(policy), closure_(std::move(closure)) {}

  ProgramPlan take() {
    plan_.path = program().path;
    plan_.policy = policy_.source();
    plan_.notes = policy_.notes();
    plan_.problems = std::move(closure_.problems);
    if (!policy_.problem().empty())
      plan_.problems.push_back(printable(policy_.problem_and_stand_in()));
    plan_.findings = findings_of_program(program(), library_.elf);
    if (const LoadedFile* starter = mere_starter())
      plan_.findings.push_back(finding_of_starter(program(), *starter));
    for (std::size_t i = 0; i < closure_.files.size(); ++i)
      add_file(i);
    if (loads_library())
      add_object(library_, true);
    add_process_regions();
    return std::move(plan_);
  }

private:
  const LoadedFile& program() const { return closure_.files.front(); }

  /// By the library, that is.
  bool can_be_sealed() const {
    return program().elf.same_machine(library_.elf) && !is_static_program(program().elf) &&
           mere_starter() == nullptr;
  }

  /// What starts the program and is no loader: loaders are shared objects.
  const LoadedFile* mere_starter() const {
    if (closure_.loader >= closure_.files.size() || program().elf.interpreter.empty())
      return nullptr;
    const LoadedFile& file = closure_.files[closure_.loader];
    return file.elf.type == ET_EXEC ? &file : nullptr;
  }

  bool loads_library() const {
    return can_be_sealed() && !program().elf.interpreter.empty() &&
           std::none_of(
               closure_.files.begin(), closure_.files.end(),
               [this](const LoadedFile& file) { return file.elf.soname == library_.elf.soname; });
  }

  void add_file(std::size_t index) {
    const LoadedFile& file = closure_.files[index];
    // The kernel frees what is between the segments of what it loads itself; glibc's loader maps
    // that without permission; musl's leaves it as it is.
    const bool by_kernel =
        index == closure_.loader ||
        (index == 0 && (!file.elf.interpreter.empty() || is_static_program(file.elf)));
    add_object(file, !by_kernel && !closure_.musl);
    if (!file.layout.complete)
      plan_.problems.push_back(fmt::format("{} has more segments than can be sealed; only the "
                                           "first of them are counted",
                                           printable(file.path)));
    append(findings_of_file(file));
    const bool is_library = index != closure_.loader && file.elf.type == ET_DYN &&
                            file.elf.interpreter.empty() && !is_static_program(file.elf);
    if (is_library)
      append(findings_of_library(file));
  }

  void add_object(const LoadedFile& file, bool gaps_mapped) {
    const ProgramPolicy& rules = policy_.rules();
    PlannedObject object;
    object.name = file.name;
    object.path = file.path;
    const Settings settings =
        rules.names_objects() ? rules.object(file.name, file.path) : rules.process();
    object.wanted = wanted_by(settings).without(kProcessRegions);
    object.observed = observed_by(settings).without(kProcessRegions);
    object.regions = regions_of(file.layout, settings, can_be_sealed(), gaps_mapped);
    plan_.wanted = plan_.wanted.with(object.wanted);
    plan_.observed = plan_.observed.with(object.observed);
    add(plan_.regions, object.regions);
    plan_.objects.push_back(std::move(object));
  }

  void add_process_regions() {
    const Settings process = policy_.rules().process();
    plan_.wanted = plan_.wanted.with(wanted_by(process).common(kProcessRegions));
    plan_.observed = plan_.observed.with(observed_by(process).common(kProcessRegions));
  }

  void append(std::vector<Finding> findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(plan_.findings));
  }

  const LoadedFile& library_;
  const EffectivePolicy& policy_;
  Closure closure_;
  ProgramPlan plan_;
};

} // namespace

EffectivePolicy Planner::policy_for(const LoadedFile& program) const {
  if (!policy.empty())
    return policy_in_file(program.path, policy);
  return system_policy(program.path, is_privileged(program), open_in(root));
}

ProgramPlan Planner::plan(const std::string& file) const {
  LoadedFile program = load_program(root, file);
  const EffectivePolicy rules = policy_for(program);
  Closure closure;
  if (is_static_program(program.elf))
    closure.files.push_back(std::move(program));
  else
    closure = closure_of(root, std::move(program));
  return Planning{library, rules, std::move(closure)}.take();
}

} // namespace sealwax::cli
