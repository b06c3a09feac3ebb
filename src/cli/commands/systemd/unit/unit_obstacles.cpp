// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/unit_obstacles.hpp"

#include "cli/commands/systemd/unit/file/environment_files.hpp"
#include "cli/commands/systemd/unit/unit_programs.hpp"
#include "cli/commands/systemd/unit/wrapped_program.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <filesystem>
#include <string_view>

namespace sealwax::cli {
namespace {

constexpr const char* kUnsealed = "the service runs unsealed";

/// Whether `path` is `folder` or lies in it.
bool is_within(std::string_view path, std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/'))
    folder.remove_suffix(1);
  return path == folder || folder == "/" ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

/// The longest entry of a list of paths that `path` lies in. A prefix and a part behind a colon are
/// not of the path (systemd.exec(5)).
std::string covering(const Unit& unit, std::string_view key, const std::string& path) {
  std::string longest;
  for (const UnitSetting& setting : unit.values(key))
    for (std::string word : split_words(setting.value)) {
      word.erase(0, word.find_first_not_of("-+"));
      word.resize(std::min(word.find(':'), word.size()));
      if (is_within(path, word) && word.size() > longest.size())
        longest = word;
    }
  return longest;
}

class Inspector {
public:
  explicit Inspector(const UnitPlan& plan)
      : plan_(plan), unit_(plan.unit), programs_(plan.root, plan.library) {}

  std::vector<Obstacle> obstacles() {
    check_list();
    if (!has_list_)
      check_environment();
    check_file(plan_.library, "the library", kUnsealed);
    check_execution();
    if (!plan_.policy.empty())
      check_policy();
    check_programs();
    check_wrappers();
    check_filter();
    check_children();
    check_modules();
    return std::move(found_);
  }

private:
  /// Below it systemd mounts nothing.
  static constexpr std::string_view kHidesForGood = "InaccessiblePaths";
  void find(std::string cause, std::string effect, std::string remedy) {
    found_.push_back({std::move(cause), std::move(effect), std::move(remedy)});
  }

  /// A list of its own reaches what loses its environment, and what runs with rights of its own.
  void check_list() {
    if (plan_.list.empty())
      return;
    for (const UnitSetting& setting : unit_.values("BindReadOnlyPaths"))
      has_list_ |= setting.value.starts_with(plan_.library) && setting.file == plan_.drop_in;
    if (!has_list_)
      find(fmt::format("{} is read later and clears BindReadOnlyPaths=",
                       printable(last_file("BindReadOnlyPaths"))),
           "what does not keep LD_PRELOAD runs unsealed", "take that out of it");
  }

  /// Whether the unit's mounts bring a file into it, whatever covers its folder.
  bool is_brought(const std::string& path) const { return has_list_ && path == plan_.library; }

  void check_environment() {
    const std::optional<UnitSetting> preload = unit_.variable("LD_PRELOAD");
    if (!preload || preload->value != plan_.preload)
      find(fmt::format("{} is read later and sets or clears LD_PRELOAD",
                       printable(preload ? preload->file : last_file("Environment"))),
           kUnsealed, "take that out of it");
    for (const UnitSetting& setting : unit_.values("UnsetEnvironment"))
      for (const std::string& word : split_words(setting.value))
        if (word == "LD_PRELOAD" || word.starts_with("LD_PRELOAD="))
          find("UnsetEnvironment= takes LD_PRELOAD away", kUnsealed, "take that name out of it");
    for (const UnitSetting& setting : unit_.values("EnvironmentFile"))
      check_environment_file(setting.value);
  }

  std::string last_file(std::string_view key) const {
    std::string file = unit_.name;
    for (const UnitSetting& setting : unit_.settings)
      if (setting.key == key)
        file = setting.file;
    return file;
  }

  void check_environment_file(std::string path) {
    path.erase(0, path.find_first_not_of('-'));
    const auto files = environment_files(plan_.root, unit_.name, path);
    if (!files)
      find(fmt::format("EnvironmentFile={} has specifiers that are not known here, and may set "
                       "LD_PRELOAD",
                       printable(path)),
           std::string{kUnsealed} + " then",
           fmt::format("look with 'sealwax systemd --verify {}'", printable(unit_.name)));
    for (const std::string& file : files.value_or(std::vector<std::string>{}))
      check_one_environment_file(file);
  }

  void check_one_environment_file(const std::string& path) {
    for (const UnitSetting& setting : parse_unit(path, plan_.root.text(path).value_or("")))
      if (setting.key == "LD_PRELOAD")
        find(fmt::format("EnvironmentFile={} sets LD_PRELOAD, and counts for more than "
                         "Environment=",
                         printable(path)),
             kUnsealed, fmt::format("put {} in front of what it sets", printable(plan_.library)));
  }

  /// Whether the service sees the file at all.
  void check_file(const std::string& path, std::string_view what, std::string_view effect) {
    const std::string subject = fmt::format("{} {}", what, printable(path));
    for (const char* key : {"InaccessiblePaths", "TemporaryFileSystem"})
      if (const std::string entry = covering(unit_, key, path);
          !entry.empty() && (key == kHidesForGood || !is_brought(path)))
        find(fmt::format("{}={} hides {}", key, printable(entry), subject), std::string{effect},
             fmt::format("add BindReadOnlyPaths={}", printable(path)));
    check_home(path, subject, effect);
    if (!is_brought(path) && unit_.is_set("PrivateTmp") &&
        (is_within(path, "/tmp") || is_within(path, "/var/tmp")))
      find(fmt::format("PrivateTmp= hides {}", subject), std::string{effect}, "put it elsewhere");
    check_root(path, subject, effect);
  }

  void check_home(const std::string& path, const std::string& subject, std::string_view effect) {
    const std::string home = unit_.last("ProtectHome");
    if (!unit_.is_set("ProtectHome") && (home != "tmpfs" || is_brought(path)))
      return;
    for (const char* folder : {"/home", "/root", "/run/user"})
      if (is_within(path, folder))
        find(fmt::format("ProtectHome={} hides {}", printable(home), subject), std::string{effect},
             "put it elsewhere");
  }

  void check_root(const std::string& path, const std::string& subject, std::string_view effect) {
    if (!covering(unit_, "BindReadOnlyPaths", path).empty() ||
        !covering(unit_, "BindPaths", path).empty())
      return;
    const std::string bind = fmt::format("add BindReadOnlyPaths={}", printable(path));
    if (const std::string image = unit_.last("RootImage"); !image.empty())
      find(fmt::format("RootImage={} may not hold {}", printable(image), subject),
           std::string{effect} + " then", bind);
    std::string folder = unit_.last("RootDirectory");
    folder.erase(0, folder.find_first_not_of('-'));
    if (!folder.empty() && folder != "/" && !plan_.root.open(folder + path))
      find(fmt::format("RootDirectory={} does not hold {}", printable(folder), subject),
           std::string{effect}, bind);
  }

  /// ld.so maps the library executable. Of nested paths the longest decides.
  void check_execution() {
    const std::string no = covering(unit_, "NoExecPaths", plan_.library);
    const std::string yes = covering(unit_, "ExecPaths", plan_.library);
    if (!no.empty() && yes.size() <= no.size())
      find(fmt::format("NoExecPaths={} covers {}", printable(no), printable(plan_.library)),
           kUnsealed, fmt::format("add ExecPaths={}", printable(plan_.library)));
  }

  void check_policy() {
    const std::string effect = "in the service nothing is sealed, only observed";
    check_file(plan_.policy, "the policy", effect);
    const std::optional<OpenFile> file = plan_.root.open(plan_.policy);
    const bool dynamic = unit_.is_set("DynamicUser");
    const std::string user = unit_.last("User");
    if (!file || (!dynamic && (user.empty() || user == "root" || user == "0")))
      return;
    if (const std::string hidden = hidden_from_others(*file); !hidden.empty())
      find(fmt::format("the service's user {} may not read {}: {}",
                       dynamic ? "(DynamicUser=)" : printable(user), printable(plan_.policy),
                       hidden),
           effect, fmt::format("chmod {} it", S_ISDIR(file->status.st_mode) ? "o+x" : "o+r"));
  }

  /// Which mode keeps others from reading a file. Empty: none does.
  std::string hidden_from_others(const OpenFile& file) const {
    if ((file.status.st_mode & S_IROTH) == 0)
      return fmt::format("it has mode {:04o}", file.status.st_mode & 07777U);
    for (std::filesystem::path folder = std::filesystem::path{file.path}.parent_path();
         folder.has_relative_path(); folder = folder.parent_path())
      if (const std::optional<OpenFile> opened = plan_.root.open(folder.string());
          opened && (opened->status.st_mode & S_IXOTH) == 0)
        return fmt::format("{} has mode {:04o}", printable(folder.string()),
                           opened->status.st_mode & 07777U);
    return {};
  }

  void check_programs() {
    const std::vector<UnitSetting> commands = unit_.values("ExecStart");
    if (commands.empty())
      find(fmt::format("{} has no ExecStart=", printable(unit_.name)), "there is nothing to seal",
           "is it the right unit?");
    for (const UnitSetting& command : commands) {
      check_program(programs_.file_of(command.value));
      check_program(programs_.wrapped_in(command.value));
    }
  }

  void check_program(const std::optional<OpenFile>& file) {
    if (!file)
      return;
    for (Obstacle& obstacle : programs_.obstacles_of(*file)) {
      if (obstacle.kind == Obstacle::Kind::no_loader)
        obstacle.remedy += fmt::format(", or have ExecStart= start it by 'sealwax run -- {}'",
                                       printable(file->path));
      find(obstacle.cause, obstacle.effect, obstacle.remedy);
    }
    check_rights(*file, plan_.root.shown(file->path));
  }

  /// What starts the service's own program, and in what environment, or starts none.
  void check_wrappers() {
    for (const UnitSetting& setting : unit_.values("ExecStart")) {
      const std::vector<std::string> words = command_words(setting.value);
      const std::string program =
          words.empty() ? std::string{} : std::filesystem::path{words.front()}.filename().string();
      if (program == "true")
        find(fmt::format("{} starts nothing but {}, for units that do its work",
                         printable(unit_.name), printable(words.front())),
             "nothing of theirs is sealed by this", working_units());
      else if (program == "env" && words.size() > 1 && !has_list_ &&
               (words[1] == "-i" || words[1] == "-" || words[1] == "--ignore-environment"))
        find("ExecStart= starts the program without any environment (env -i)", kUnsealed,
             "an /etc/ld.so.preload of the unit's own reaches it: leave --environment-only out");
    }
  }

  /// Which units those are, for people.
  std::string working_units() const {
    const std::string stem = unit_.name.substr(0, unit_.name.rfind('.'));
    const std::string general = stem + "@.service";
    for (const char* folder :
         {"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"})
      if (plan_.root.open(fmt::format("{}/{}", folder, general)))
        return fmt::format("name {}, or one of its instances", printable(general));
    return fmt::format("name those; 'systemctl list-dependencies {}' shows them",
                       printable(unit_.name));
  }

  /// A filter is tried in a child before anything is sealed, and root's are not counted.
  void check_children() {
    const std::string user = unit_.last("User");
    const bool counted = unit_.is_set("DynamicUser") || !(user.empty() || user == "root");
    const std::string limit = unit_.last("LimitNPROC");
    if (counted && (limit == "0" || limit == "1") && has_filter(unit_))
      find(fmt::format("LimitNPROC={} lets the library make no process to find out what the unit's "
                       "seccomp filter lets pass",
                       limit),
           kUnsealed, "raise it, or say 'seccomp = trust' in the policy");
  }

  /// Started by another user than root, it would gain rights, and ld.so then ignores LD_PRELOAD.
  void check_rights(const OpenFile& file, const std::string& program) {
    const std::string user = unit_.last("User");
    const bool as_root = !unit_.is_set("DynamicUser") && (user.empty() || user == "root");
    if (as_root || has_list_ || unit_.is_set("NoNewPrivileges"))
      return;
    const mode_t mode = file.status.st_mode;
    const bool setgid = (mode & S_ISGID) != 0 && (mode & S_IXGRP) != 0;
    const bool capable = getxattr(program.c_str(), "security.capability", nullptr, 0) > 0;
    if ((mode & S_ISUID) != 0 || setgid || capable)
      find(fmt::format("{} {}, so that its loader ignores LD_PRELOAD", printable(program),
                       (mode & S_ISUID) != 0 ? "is setuid"
                       : setgid              ? "is setgid"
                                             : "has file capabilities"),
           kUnsealed, "/etc/ld.so.preload reaches it");
  }

  void check_filter() {
    if (judge_filter(unit_, plan_.sets) != FilterVerdict::lacks_it)
      return;
    if (!plan_.sets.name_is_known)
      find("SystemCallFilter= does not let mseal through, and this system's systemd does not know "
           "that name",
           kUnsealed,
           "it has names from libseccomp, whose 2.6 knows this one; before, only a unit without "
           "SystemCallFilter= is sealed");
    else
      find(fmt::format("{} is read later, and its SystemCallFilter= takes mseal away",
                       printable(last_file("SystemCallFilter"))),
           kUnsealed, "add mseal there");
  }

  /// A change of domain can set AT_SECURE (selinux_bprm_creds_for_exec), and what confines a
  /// program can keep the library from being mapped.
  void check_modules() {
    if (const std::string context = unit_.last("SELinuxContext"); !context.empty())
      find(fmt::format("SELinuxContext={} sets AT_SECURE unless the policy allows 'noatsecure', "
                       "and the loader then ignores LD_PRELOAD",
                       printable(context)),
           std::string{kUnsealed} + " then",
           fmt::format("look with 'sealwax systemd --verify {}'", printable(unit_.name)));
    if (const std::string profile = unit_.last("AppArmorProfile"); !profile.empty())
      find(fmt::format("AppArmorProfile={} has to let the service map {} ('mr'), as "
                       "abstractions/sealwax does",
                       printable(profile), printable(plan_.library)),
           std::string{kUnsealed} + " otherwise",
           fmt::format("look with 'sealwax systemd --verify {}'", printable(unit_.name)));
  }

  const UnitPlan& plan_;
  const Unit& unit_;
  UnitPrograms programs_;
  bool has_list_ = false;
  std::vector<Obstacle> found_;
};

} // namespace

std::vector<Obstacle> unit_obstacles(const UnitPlan& plan) {
  return Inspector{plan}.obstacles();
}

} // namespace sealwax::cli
