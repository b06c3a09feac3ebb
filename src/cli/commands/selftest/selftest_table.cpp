// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/selftest/selftest_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

constexpr std::string_view kShared = "library in shared memory";
constexpr std::string_view kFresh = "fresh memory";

/// What kind of call a primitive is.
enum class Kind : std::uint8_t {
  change,   ///< of protection or place, which a seal refuses
  drop,     ///< what the mapping of a file then has from it again
  hole,     ///< madvise leaves one
  indirect, ///< the same, by a call that is no madvise
  fill,     ///< by userfaultfd
  file,     ///< behind the mapping
  gain,     ///< of executable memory
};

Kind kind_of(const std::string& primitive) {
  struct Row {
    std::string_view start;
    Kind kind;
  };
  static constexpr Row kRows[] = {
      {"DONTNEED", Kind::drop},
      {"FREE", Kind::drop},
      {"REMOVE", Kind::drop},
      {"PAGEOUT", Kind::drop},
      {"GUARD_INSTALL", Kind::hole},
      {"DONTFORK", Kind::hole},
      {"WIPEONFORK", Kind::hole},
      {"process_madvise", Kind::indirect},
      {"io_uring", Kind::indirect},
      {"userfaultfd", Kind::fill},
      {"writing the file", Kind::file},
      {"truncating the file", Kind::file},
      {"making executable", Kind::gain},
  };
  for (const Row& row : kRows)
    if (primitive.starts_with(row.start))
      return row.kind;
  return Kind::change;
}

bool came_late(const Attempt& cell) {
  return cell.object == "late library" || cell.object == kShared;
}

bool seals_late_loads(const Settings& settings) {
  return settings.late_loads == LateLoads::seal || settings.late_loads == LateLoads::pin;
}

bool wants_sealed(const Settings& settings, const Attempt& cell) {
  const std::optional<Region> region = region_named(cell.region);
  return settings.mode == Mode::enforce && region && settings.seal.has(*region) &&
         (!came_late(cell) || seals_late_loads(settings));
}

/// Whether what is attacked is in private memory, of which the kernel takes no such advice. Where
/// text is, what belongs to no file follows. No code is moved once new code is denied.
bool is_private(const Settings& settings, const Attempt& cell) {
  if (cell.region == "relro")
    return settings.relro == RelroPlace::private_memory;
  if (came_late(cell) && settings.exec_gain != ExecGain::allow)
    return false;
  const bool shared = cell.object == kShared && (cell.region == "text" || cell.region == "rodata");
  return settings.text == TextPlace::private_memory ||
         (settings.text == TextPlace::automatic && shared);
}

bool is_code_or_constant(const Attempt& cell) {
  return cell.region != "gaps" && cell.region != "vdso";
}

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t end = line.find('\t');
    found.push_back(line.substr(0, end));
    if (end == std::string_view::npos)
      return found;
    line.remove_prefix(end + 1);
  }
}

template <typename Value, std::size_t kCount>
bool take_name(const std::array<std::string_view, kCount>& names, std::string_view word,
               Value& value) {
  const auto found = std::find(names.begin(), names.end(), word);
  value = static_cast<Value>(found - names.begin());
  return found != names.end();
}

/// False: it is no line of a victim's.
bool take_line(std::string_view line, Attempts& attempts) {
  const std::vector<std::string_view> words = fields(line);
  const bool cell = words.front() == "cell" && words.size() == 6;
  if (!cell && (words.front() != "exploit" || words.size() != 4))
    return false;
  Way way{};
  Effect effect{};
  if (!take_name(kWayNames, words[words.size() - 2], way) ||
      !take_name(kEffectNames, words.back(), effect))
    return false;
  if (cell)
    attempts.cells.push_back(
        {std::string{words[1]}, std::string{words[2]}, std::string{words[3]}, way, effect});
  else
    attempts.exploits.push_back({std::string{words[1]}, way, effect});
  return true;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end())
    names.push_back(name);
}

void note_open(std::vector<OpenCells>& found, const Setup& setup, const Attempt& cell) {
  Reason reason = reason_of(setup.of(cell.object), cell);
  auto group = std::find_if(found.begin(), found.end(),
                            [&](const OpenCells& other) { return other.reason == reason; });
  if (group == found.end())
    group = found.insert(found.end(), {std::move(reason), {}, {}, {}});
  add_once(group->setups, setup.name);
  add_once(group->primitives, cell.primitive);
  add_once(group->regions, cell.region);
  group->only_raw = group->only_raw && cell.way == Way::raw;
}

Reason reason_in_policy(const Settings& settings, const Attempt& cell) {
  if (settings.mode != Mode::enforce)
    return {"the policy's mode seals nothing", "mode = enforce"};
  if (const std::optional<Region> region = region_named(cell.region);
      region && !settings.seal.has(*region))
    return {fmt::format("the policy leaves {} alone", cell.region), "seal = +" + cell.region};
  return {"the policy leaves libraries alone that are loaded late", "dlopen = seal"};
}

Reason reason_in_kernel(const Settings& settings, const Attempt& cell) {
  switch (kind_of(cell.primitive)) {
  case Kind::hole:
    return is_code_or_constant(cell)
               ? Reason{"the kernel takes this advice on a sealed mapping of a file, and a raw "
                        "system call passes the library's madvise by, which refuses it",
                        "text = private"}
               : Reason{"the kernel takes this advice on a sealed mapping, and the library's "
                        "madvise refuses it on code and constants alone",
                        "text = private"};
  case Kind::indirect:
    return {"the kernel takes such advice on a sealed mapping of a file, and this call does not "
            "pass the library's madvise",
            "text = private"};
  case Kind::fill:
    return {"any user may fill pages of shared memory by userfaultfd",
            settings.exec_gain == ExecGain::allow ? "text = auto" : "exec-gain = allow"};
  case Kind::file:
    return {"whoever may write a file changes what is mapped from it", "text = private"};
  case Kind::change:
  case Kind::drop:
  case Kind::gain:
    break;
  }
  return {"the kernel does not refuse it on a sealed mapping of a file", "text = private"};
}

struct ExploitRow {
  std::string_view start;
  const char* object;
  const char* region;
  const char* primitive;
};
constexpr ExploitRow kExploitRows[] = {
    {"GOT", "late library", "relro", "mprotect"},
    {"RELRO", "late library", "relro", "DONTNEED"},
    {"text", "late library", "text", "mprotect"},
    {"library", "late library", "text", "munmap"},
    {"vdso", "kernel", "vdso", "mremap over"},
    {"fresh", "kernel", kFresh.data(), "making executable"},
    {"fork", "late library", "text", "DONTFORK"},
    {"shared", kShared.data(), "text", "userfaultfd copy"},
};

template <typename Visit>
void for_each_sealed(const std::vector<Trial>& trials, Visit visit) {
  for (const Trial& trial : trials)
    if (trial.setup.has_library())
      visit(trial);
}

void hold(Judgement& verdict, const Setup& setup, const Attempt& cell, const std::string& what) {
  if (!is_promised(setup.of(cell.object), cell))
    return;
  verdict.promised += 1;
  if (cell.effect == Effect::open)
    verdict.broken.push_back(
        fmt::format("{}: {} ({}) is open", setup.name, what, name_in(kWayNames, cell.way)));
}

} // namespace

const Settings& Setup::of(const std::string& object) const {
  const auto found = settings.find(object);
  return found != settings.end() ? found->second : settings.at("");
}

std::optional<Attempts> parse_attempts(std::string_view text) {
  Attempts attempts;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos || line == "end")
      return line == "end" && end + 1 == text.size() ? std::optional{attempts} : std::nullopt;
    if (!take_line(line, attempts))
      return std::nullopt;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

bool is_promised(const Settings& settings, const Attempt& cell) {
  const Kind kind = kind_of(cell.primitive);
  if (kind == Kind::gain)
    return settings.mode == Mode::enforce && settings.exec_gain != ExecGain::allow;
  if (!wants_sealed(settings, cell))
    return false;
  if (kind == Kind::change || is_private(settings, cell))
    return true;
  if (kind == Kind::drop)
    return cell.region != "relro";
  return kind == Kind::hole && cell.way == Way::libc && is_code_or_constant(cell);
}

Attempt attempt_behind(const Exploit& exploit) {
  for (const ExploitRow& row : kExploitRows)
    if (exploit.name.starts_with(row.start))
      return {row.object, row.region, row.primitive, exploit.way, exploit.effect};
  return {"", exploit.name, exploit.name, exploit.way, exploit.effect};
}

Reason reason_of(const Settings& settings, const Attempt& cell) {
  if (kind_of(cell.primitive) == Kind::gain && !is_promised(settings, cell))
    return {"sealing is about memory that is there, and this is new", "exec-gain = deny"};
  if (is_promised(settings, cell))
    return {"it should be closed: the library did not seal it, or did not load",
            "what sealwax doctor says"};
  if (!wants_sealed(settings, cell))
    return reason_in_policy(settings, cell);
  if (cell.region == "relro")
    return {"of a table that stays in its file the kernel drops pages, or leaves holes, sealed or "
            "not",
            "relro = private"};
  return reason_in_kernel(settings, cell);
}

std::vector<OpenCells> open_cells(const std::vector<Trial>& trials) {
  std::vector<OpenCells> found;
  for_each_sealed(trials, [&](const Trial& trial) {
    for (const Attempt& cell : trial.attempts.cells)
      if (cell.effect == Effect::open && region_named(cell.region))
        note_open(found, trial.setup, cell);
    for (const Exploit& exploit : trial.attempts.exploits)
      if (const Attempt cell = attempt_behind(exploit);
          cell.effect == Effect::open && !region_named(cell.region))
        note_open(found, trial.setup, cell);
  });
  return found;
}

Judgement verdict_on(const std::vector<Trial>& trials) {
  Judgement verdict;
  for_each_sealed(trials, [&](const Trial& trial) {
    for (const Exploit& exploit : trial.attempts.exploits)
      hold(verdict, trial.setup, attempt_behind(exploit), exploit.name);
    for (const Attempt& cell : trial.attempts.cells)
      hold(verdict, trial.setup, cell,
           fmt::format("{} on {} of the {}", cell.primitive, cell.region, cell.object));
  });
  return verdict;
}

bool shows_anything(const Attempts& bare) {
  return std::any_of(bare.cells.begin(), bare.cells.end(),
                     [](const Attempt& cell) {
                       return cell.region == "text" && cell.effect == Effect::open;
                     }) &&
         std::all_of(bare.exploits.begin(), bare.exploits.end(), [](const Exploit& exploit) {
           // An old kernel has no userfaultfd for everybody.
           return exploit.effect == Effect::open || exploit.name.starts_with("shared");
         });
}

} // namespace sealwax::cli
