// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/drop_in/unit_change.hpp"

#include "cli/change/installed_library.hpp"
#include "cli/change/text_diff.hpp"
#include "cli/commands/systemd/drop_in/drop_in.hpp"
#include "cli/commands/systemd/drop_in/no_new_code.hpp"
#include "cli/commands/systemd/drop_in/written_file.hpp"
#include "cli/commands/systemd/unit/file/shown_unit.hpp"
#include "cli/commands/systemd/unit/own_mounts.hpp"
#include "cli/commands/systemd/unit/unit_obstacles.hpp"
#include "cli/commands/systemd/unit/unit_programs.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/named.hpp"
#include "cli/system/own_program.hpp"
#include "cli/system/unit_drop_in.hpp"
#include "deploy/places.hpp"
#include "deploy/preload_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sealwax::cli {
namespace {

class UnitChange {
public:
  UnitChange(const SystemdOptions& options, ChangeReport& report)
      : options_(options), report_(report), root_(options.root),
        places_(options.user ? users_places() : systems_places()) {}

  int run() {
    const std::string name = full_unit_name(options_.unit);
    unit_ = read_unit(root_, name, std::nullopt, places_);
    drop_in_.path = fmt::format("{}/{}.d/{}", unit_.own_folder, unit_.name, kDropInName);
    list_.path = own_list_path(unit_);
    report_.tell("unit", unit_.name, "");
    report_.tell("drop_in", root_.shown(drop_in_.path), "");
    if (!options_.print)
      for (WrittenFile* file : {&drop_in_, &list_})
        file->before = file->after = present_text(file->path);
    return options_.remove ? remove() : add();
  }

private:
  struct WrittenFile {
    std::string path; ///< as the system itself names it
    std::string before;
    std::string after; ///< empty: it is to be no more
    [[nodiscard]] bool changes() const { return before != after; }
  };

  int add() {
    const CallSets sets = root_.is_own() ? ask_call_sets() : CallSets{};
    const std::string library = library_path();
    const std::string policy = policy_path();
    const std::vector<std::string> commands =
        UnitPrograms{root_, library}.commands_through(tool_path(), unit_);
    const std::string closing =
        options_.no_new_code
            ? no_new_code_lines(library, commands.empty() ? Sealer::library : Sealer::tracer)
            : std::string{};
    const Layers layers = chosen_layers();
    DropIn drop_in = make_drop_in(unit_, library, policy, sets, layers);
    UnitPlan plan{root_, unit_, library, policy, drop_in.preload, {}, drop_in_.path, sets};
    drop_in.text += start_lines(commands);
    drop_in.text += closing;
    if (options_.require)
      drop_in.text += require_lines(unit_, tool_path());
    list_.after.clear();
    if (layers == Layers::variable_and_list) {
      plan.list = list_.path;
      list_.after = own_list(library, root_.text(deploy::kPreloadPath).value_or(""));
    }
    const bool sound = tell_obstacles(plan, drop_in.text);
    drop_in_.after = drop_in.text;
    if (options_.print)
      answer(drop_in.text);
    else
      change();
    return sound ? kAsItShouldBe : kFindings;
  }

  /// What is printed names no file that would have to be there.
  Layers chosen_layers() const {
    const std::string reason =
        options_.user ? why_no_mounts_of_a_user(root_, unit_) : why_no_own_mounts(unit_);
    const bool both = reason.empty() && !options_.environment_only && !options_.print;
    report_.tell("layers", both ? "variable and list" : "variable", "");
    if (!reason.empty() && !options_.environment_only && !options_.print)
      report_.unchanged(fmt::format("by LD_PRELOAD alone: {} {}", printable(unit_.name), reason));
    return both ? Layers::variable_and_list : Layers::variable;
  }

  /// Throws CommandError where the unit cannot have them.
  std::string no_new_code_lines(const std::string& library, Sealer sealer) const {
    const SettledUnit settled = settled_unit(root_, unit_);
    const NoNewCode found = no_new_code(settled.unit, library, sealer);
    if (!found.refusal.empty())
      throw CommandError(
          fmt::format("{} {}; --no-new-code is not for it", printable(unit_.name), found.refusal));
    if (options_.print)
      return found.lines;
    if (settled.why_by_files.empty())
      report_.tell("places_from", "systemd", "places: as systemd has them");
    else
      report_.tell("places_from", "files",
                   fmt::format("places: as the unit's files say ({})", settled.why_by_files));
    for (const std::string& sentence : found.missing)
      report_.unchanged(printable(sentence));
    return found.lines;
  }

  /// Returns whether there are none.
  bool tell_obstacles(const UnitPlan& plan, const std::string& drop_in) const {
    const Unit with = read_unit(root_, unit_.name, drop_in, places_);
    const UnitPlan planned{plan.root,    with,      plan.library, plan.policy,
                           plan.preload, plan.list, plan.drop_in, plan.sets};
    const std::vector<Obstacle> found = unit_obstacles(planned);
    for (const Obstacle& obstacle : found)
      report_.finding(
          fmt::format("warning: {}; {} ({})", obstacle.cause, obstacle.effect, obstacle.remedy));
    return found.empty();
  }

  /// Nothing where there is no such file.
  std::string present_text(const std::string& path) const {
    const std::optional<std::string> text = root_.text(path);
    if (!text && errno != ENOENT && errno != ENOTDIR)
      throw CommandError(fmt::format("cannot read {}: {}; 'ls -ld {}' shows what it is",
                                     printable(root_.shown(path)), std::strerror(errno),
                                     printable(root_.shown(path))));
    return text.value_or("");
  }

  int remove() {
    for (WrittenFile* file : {&drop_in_, &list_}) {
      if (!file->before.empty() && !file->before.starts_with(kDropInMark))
        throw CommandError(fmt::format("{} was not written by sealwax; remove it by hand",
                                       printable(root_.shown(file->path))));
      file->after.clear();
    }
    change();
    return kAsItShouldBe;
  }

  void change() {
    if (!drop_in_.changes() && !list_.changes()) {
      tell_nothing_to_do();
      return;
    }
    report_.diff(diff_of(list_) + diff_of(drop_in_));
    if (options_.dry_run) {
      report_.unchanged("not changed (--dry-run)");
      return;
    }
    check_place();
    // The drop-in names what has to be there as long as it is.
    if (list_.after.empty()) {
      write(drop_in_);
      write(list_);
    } else {
      write(list_);
      make_systems_list();
      write(drop_in_);
    }
    const std::string_view whose = options_.user ? "--user " : "";
    if (root_.is_own())
      report_.unchanged(fmt::format("next: systemctl {}daemon-reload && systemctl {}restart {}",
                                    whose, whose, printable(running_names())));
  }

  /// As systemctl takes it: of a template there are instances alone.
  std::string running_names() const {
    const std::size_t at = unit_.name.find("@.");
    return at == std::string::npos
               ? unit_.name
               : fmt::format("'{}@*{}'", unit_.name.substr(0, at), unit_.name.substr(at + 1));
  }

  void tell_nothing_to_do() const {
    const std::string shown = printable(root_.shown(drop_in_.path));
    if (drop_in_.after.empty() && !options_.dry_run && !place_leads_elsewhere())
      remove_remains(root_.shown(drop_in_.path));
    report_.unchanged(drop_in_.after.empty()
                          ? fmt::format("nothing to do: there is no {}", shown)
                          : fmt::format("nothing to do: {} is so already", shown));
  }

  std::string diff_of(const WrittenFile& file) const {
    return unified_diff(root_.shown(file.path), file.before, file.after);
  }

  void write(const WrittenFile& file) const {
    if (!file.changes())
      return;
    const std::string shown = root_.shown(file.path);
    write_or_remove(shown, file.after);
    report_.changed(
        fmt::format("{}: {}", file.after.empty() ? "removed" : "written", printable(shown)));
  }

  /// The unit's list is mounted over the system's, and a unit whose /etc is read-only could not
  /// make a place for it by itself.
  void make_systems_list() const {
    deploy::Etc etc;
    bool made = false;
    deploy::Failure failed = etc.open(root_.shown("/").c_str());
    if (!failed.happened())
      failed = make_empty_preload(etc, made);
    const std::string shown = printable(root_.shown(deploy::kPreloadPath));
    if (failed.happened())
      throw CommandError(
          fmt::format("cannot {} {}: {}; {}", failed.action, shown, std::strerror(failed.error),
                      deploy::advice_on(failed.error, "--environment-only does without it")));
    if (made)
      report_.changed(fmt::format("made: {}, empty, as a place for the unit's own", shown));
  }

  std::filesystem::path folder() const {
    return std::filesystem::path{root_.shown(drop_in_.path)}.parent_path();
  }

  /// In another system's folder a link would lead to this system's files.
  bool place_leads_elsewhere() const {
    std::error_code error;
    return !root_.is_own() && std::filesystem::weakly_canonical(folder(), error) != folder();
  }

  void check_place() const {
    if (place_leads_elsewhere())
      throw CommandError(fmt::format("{} leads elsewhere by a symbolic link; write the drop-in "
                                     "from inside that system",
                                     printable(folder().string())));
  }

  /// This tool, where a unit finds it.
  std::string tool_path() const {
    const std::string own = own_program().string();
    return root_.is_own() && !own.empty() ? own : SEALWAX_TOOL;
  }

  /// As the system itself names it.
  std::string library_path() const {
    if (root_.is_own() && options_.library.empty())
      return find_library("").path;
    std::string path =
        find_installed_library(root_.is_own() ? "/" : root_.shown(""), options_.library).path;
    if (path.find_first_of(": \t\n$") != std::string::npos)
      throw CommandError(fmt::format("cannot preload '{}': LD_PRELOAD holds no path "
                                     "with a colon, a blank or a '$'",
                                     printable(path)));
    const std::optional<ElfFile> elf = read_elf_file(root_.shown(path));
    if (!elf || elf->type != ET_DYN)
      throw CommandError(
          fmt::format("cannot preload {}: {}; name the library with "
                      "--library FILE",
                      printable(root_.shown(path)),
                      root_.open(path) ? "not a shared object" : std::strerror(errno)));
    return path;
  }

  /// A file that can be read and is right, or nothing where none is named.
  std::string policy_path() const {
    if (options_.policy.empty()) {
      check_systems_policy();
      return {};
    }
    std::string path = policy_named(root_, options_.policy);
    const std::optional<std::string> text = root_.text(path);
    if (!text)
      throw CommandError(fmt::format("cannot read the policy {}: {}; check its path",
                                     printable(root_.shown(path)), std::strerror(errno)));
    const EffectivePolicy policy = EffectivePolicy::from_text(root_.shown(path), *text, "");
    if (!policy.problem().empty())
      throw CommandError(printable(policy.problem()));
    if (const std::optional<OpenFile> file = root_.open(path))
      if (const std::string others = open_to_others(root_, *file); !others.empty())
        report_.finding(fmt::format("warning: {}; whoever may write the policy says what is sealed "
                                    "(give the file and its folders to root, and chmod go-w)",
                                    others));
    if (denies_environment())
      throw CommandError(
          fmt::format("{} says 'environment = deny', so that --policy has no effect; "
                      "put a [program] section there",
                      printable(root_.shown(kSystemPolicy))));
    return path;
  }

  /// The service is to have it.
  void check_systems_policy() const {
    const std::optional<std::string> text = root_.text(kSystemPolicy);
    const EffectivePolicy policy =
        text ? EffectivePolicy::from_text(root_.shown(kSystemPolicy), *text, "")
             : EffectivePolicy{};
    if (!policy.problem().empty())
      throw CommandError(printable(policy.problem()));
  }

  bool denies_environment() const {
    const EffectivePolicy system = EffectivePolicy::from_text(
        kSystemPolicy, root_.text(kSystemPolicy).value_or(std::string{kPolicyFirstLine}), "");
    return system.rules().process().environment == Environment::deny;
  }

  const SystemdOptions& options_;
  ChangeReport& report_;
  SystemRoot root_;
  UnitPlaces places_;
  Unit unit_;
  WrittenFile drop_in_;
  WrittenFile list_;
};

} // namespace

int change_unit(const SystemdOptions& options, ChangeReport& report) {
  return UnitChange{options, report}.run();
}

} // namespace sealwax::cli
