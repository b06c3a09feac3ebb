// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/worker/looked.hpp"

#include "cli/inspection/inspection.hpp"
#include "cli/inspection/worker/packet.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "cli/process/link_map.hpp"
#include "cli/process/preload/preload_elsewhere.hpp"
#include "cli/sealing/outline/policy_excuse.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

std::vector<MapRow> rows_of(const Survey& survey, const Verdict& verdict) {
  std::vector<MapRow> rows;
  for (std::size_t i = 0; i < survey.parts.size(); ++i) {
    const Part& part = survey.parts[i];
    const Mapping& mapping = survey.mappings[part.mapping];
    MapRow row;
    row.range = part.range;
    row.permissions = mapping.permissions;
    row.sealed = mapping.sealed;
    row.region = part.region;
    row.verdict = verdict.parts[i];
    row.name = mapping.name;
    if (part.object != Part::kNone)
      row.object = survey.objects[part.object].path;
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Says by which line of a process's policy something in it is left open.
class Excuses {
public:
  Excuses(const Process& process, const Inspection& found)
      : found_(found), program_(name_in_policies(found.survey, found.executable.value_or(""))),
        lines_(found.policy, program_, process.open_in_root(found.policy.source())) {
    if (found.policy.rules().names_objects())
      names_ = loader_view(found.survey).names;
  }

  [[nodiscard]] std::string of(const Part& part, MappingVerdict verdict) const {
    const std::string& source = found_.policy.source();
    const std::uint32_t line = lines_.excuse_of(subject(part), *part.region, verdict);
    return fmt::format("{}{} ({})", source.empty() ? "the built-in default" : source,
                       line == 0 ? std::string{} : fmt::format(":{}", line), verdict_name(verdict));
  }

private:
  [[nodiscard]] PolicySubject subject(const Part& part) const {
    if (part.object == Part::kNone)
      return {program_, {}, {}};
    const std::string_view path = without_deleted(found_.survey.objects[part.object].path);
    const bool named = part.object < names_.size() && !names_[part.object].empty();
    return {program_, named ? std::string_view{names_[part.object]} : path, path};
  }

  const Inspection& found_;
  std::string program_;
  PolicyLines lines_;
  std::vector<std::string> names_; ///< by which the loader knows the objects
};

void add_executable(const Process& process, const Inspection& found, ProcessStatus& status) {
  std::optional<Excuses> excuses;
  const Survey& survey = found.survey;
  for (std::size_t i = 0; i < survey.parts.size(); ++i) {
    const Part& part = survey.parts[i];
    const MappingVerdict verdict = found.verdict.parts[i];
    const std::size_t bytes = part.range.size();
    if (survey.mappings[part.mapping].permissions[2] != 'x')
      continue;
    if (!part.region) {
      status.unnamed_bytes += bytes;
      continue;
    }
    status.executable_bytes[static_cast<std::size_t>(verdict)] += bytes;
    if (verdict != MappingVerdict::off && verdict != MappingVerdict::observed)
      continue;
    if (!excuses)
      excuses.emplace(process, found);
    status.excused_bytes[excuses->of(part, verdict)] += bytes;
  }
}

std::vector<std::string> doubts_about(const Inspection& found) {
  std::vector<std::string> doubts;
  const EffectivePolicy& policy = found.policy;
  if (!policy.problem().empty())
    doubts.push_back(
        printable(policy.is_unknown() ? policy.problem() : policy.problem_and_stand_in()));
  const std::vector<std::string>& unread = found.survey.unread;
  for (const std::string& path : found.survey.unclear)
    if (std::find(unread.begin(), unread.end(), path) == unread.end())
      doubts.push_back(fmt::format(
          "cannot make out the segments of {}; see its mappings with --maps", printable(path)));
  for (const std::string& path : unread)
    doubts.push_back(fmt::format("{} lies on a file system that may never answer, so that its "
                                 "memory is not read",
                                 printable(path)));
  return doubts;
}

/// Puts or gets, in one order.
template <typename Pack, typename AnyRow>
void each_field_of_row(Pack pack, AnyRow& row) {
  pack(row.range);
  pack(row.permissions);
  pack(row.sealed);
  pack(row.region);
  pack(row.verdict);
  pack(row.object);
  pack(row.name);
}

template <typename Pack, typename AnyLooked>
void each_field(Pack pack, AnyLooked& looked) {
  auto& status = looked.status;
  pack(status.pid);
  pack(status.name);
  pack(status.executable);
  pack(status.mapped);
  pack(status.readable);
  pack(status.regions);
  pack(status.verdict.wanted);
  pack(status.verdict.observed);
  pack(status.verdict.open);
  pack(status.verdict.contents_open);
  pack(status.verdict.parts);
  pack(status.verdict.regions);
  pack(status.verdict.wanted_bytes);
  pack(status.verdict.sealed_bytes);
  pack(status.verdict.otherwise);
  pack(status.executable_bytes);
  pack(status.excused_bytes);
  pack(status.unnamed_bytes);
  pack(status.policy);
  pack(status.policy_known);
  pack(status.notes);
  pack(status.counts);
  pack(status.certain);
  pack(looked.doubts);
  pack(looked.error);
  pack(looked.message);
}

} // namespace

Looked look_into(pid_t pid, bool maps) {
  Looked looked;
  ProcessStatus& status = looked.status;
  status.pid = pid;
  try {
    const Process process{pid};
    status.name = process.name();
    status.executable = process.executable();
    Inspection found = inspect(process);
    status.executable = found.executable;
    status.policy = found.policy.source();
    status.policy_known = !found.policy.is_unknown();
    status.notes = found.policy.notes();
    status.counts = found.counts;
    if (found.counts)
      for (std::string& note : notes_on(*found.counts))
        status.notes.push_back(std::move(note));
    if (const PreloadElsewhere preload = preload_elsewhere(process);
        preload != PreloadElsewhere::nothing_missing)
      status.notes.emplace_back(describe(preload));
    status.regions = found.survey.regions();
    status.mapped = true;
    status.readable = found.survey.objects_known;
    status.certain = found.certain();
    looked.doubts = doubts_about(found);
    if (maps)
      status.maps = rows_of(found.survey, found.verdict);
    add_executable(process, found, status);
    status.verdict = std::move(found.verdict);
    status.verdict.parts.clear();
  } catch (const ProcessError& error) {
    looked.error = error.kind();
    looked.message = error.what();
  }
  return looked;
}

std::string packed(const Looked& looked) {
  Packer packer;
  const auto put = [&packer](const auto& value) { packer.put(value); };
  each_field(put, looked);
  packer.put(looked.status.maps.size());
  for (const MapRow& row : looked.status.maps)
    each_field_of_row(put, row);
  return packer.bytes();
}

Looked unpacked(std::string_view bytes) {
  Unpacker unpacker{bytes};
  const auto get = [&unpacker](auto& value) { unpacker.get(value); };
  Looked looked;
  each_field(get, looked);
  std::size_t rows = 0;
  unpacker.get(rows);
  for (; rows != 0; --rows)
    each_field_of_row(get, looked.status.maps.emplace_back());
  return looked;
}

} // namespace sealwax::cli
