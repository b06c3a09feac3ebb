// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/drop_in/no_new_code.hpp"

#include "cli/commands/systemd/unit/closure.hpp"
#include "cli/commands/systemd/unit/own_mounts.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sealwax::cli {
namespace {

/// What services were seen to need that the whole set would take from them.
struct Service {
  std::string_view stem;     ///< of the unit's name
  std::string_view left_out; ///< a line's name, or what of it begins so
  std::string_view reason;
};

constexpr auto kServices = std::to_array<Service>({
    {"postgresql", "SystemCallFilter=~shmat", "its memory is a System V segment"},
});

/// In /usr, or in what is a link to a folder there (file-hierarchy(7)).
bool is_of_packages(std::string_view path) {
  constexpr auto kFolders =
      std::to_array<std::string_view>({"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"});
  return std::any_of(kFolders.begin(), kFolders.end(), [&](std::string_view folder) {
    return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
  });
}

const Service* service_of(const Unit& unit) {
  const std::string_view stem = stem_of(unit.name);
  const auto* const known = std::find_if(kServices.begin(), kServices.end(),
                                         [&](const Service& one) { return one.stem == stem; });
  return known == kServices.end() ? nullptr : known;
}

/// The part of `word` in front of a colon, and what is behind it.
std::pair<std::string, std::string> parted(const std::string& word) {
  const std::size_t colon = std::min(word.find(':'), word.size());
  return {word.substr(0, colon), word.substr(std::min(colon + 1, word.size()))};
}

/// Where an entry of a list of mounts lies in the unit: SOURCE[:PLACE[:OPTIONS]], PLACE[:OPTIONS].
std::string place_of(std::string_view key, std::string word) {
  word.erase(0, word.find_first_not_of("-+"));
  const auto [first, rest] = parted(word);
  const bool has_source = key == "BindPaths" || key == "MountImages";
  return has_source && !rest.empty() ? parted(rest).first : first;
}

/// Folders that systemd mounts by themselves for the unit: NoExecPaths=/ does not reach those
/// (systemd.exec(5)).
std::string mounted_folders(const Unit& unit) {
  struct Kind {
    const char* key;
    const char* parent;
  };
  constexpr std::array kKinds = std::to_array<Kind>({
      {"RuntimeDirectory", "/run"},
      {"StateDirectory", "/var/lib"},
      {"CacheDirectory", "/var/cache"},
      {"LogsDirectory", "/var/log"},
      {"ConfigurationDirectory", "/etc"},
  });
  std::string folders;
  for (const Kind& kind : kKinds)
    for (const UnitSetting& setting : unit.values(kind.key))
      for (const std::string& word : split_words(setting.value)) {
        const std::string name = parted(word).first;
        folders += ' ' + quoted_word(fmt::format("-{}/{}", kind.parent, name));
        // Of a DynamicUser= they lie here, and the name is a link.
        if (unit.is_set("DynamicUser") && kind.parent != std::string_view{"/etc"})
          folders += ' ' + quoted_word(fmt::format("-{}/private/{}", kind.parent, name));
      }
  if (unit.last("ProtectHome") == "tmpfs")
    folders += " -/home -/root -/run/user";
  // The second is what the first was called once (systemd's load-fragment).
  for (const char* key : {"ReadWritePaths", "ReadWriteDirectories", "BindPaths",
                          "TemporaryFileSystem", "MountImages"})
    for (const UnitSetting& setting : unit.values(key))
      for (const std::string& word : split_words(setting.value))
        folders += ' ' + quoted_word('-' + place_of(key, word));
  return folders;
}

class Writer {
public:
  Writer(const Unit& unit, const std::string& library, Sealer sealer)
      : unit_(unit), library_(library), sealer_(sealer), service_(service_of(unit)) {}

  NoNewCode write() {
    result_.refusal = refusal();
    if (!result_.refusal.empty())
      return std::move(result_);
    add("MemoryDenyWriteExecute=yes", "MemoryDenyWriteExecute");
    add("LockPersonality=yes");
    add("SystemCallArchitectures=native");
    // An allow list would make of ENOSYS an exit with status 228.
    add("SystemCallFilter=~memfd_create:EPERM userfaultfd:EPERM io_uring_setup:EPERM");
    if (sealer_ == Sealer::tracer)
      leave_out("SystemCallFilter=~ptrace", "'sealwax run' seals its static program by tracing it");
    else
      add("SystemCallFilter=~ptrace:EPERM");
    add("SystemCallFilter=~shmat:EPERM");
    add("SystemCallFilter=~mount:EPERM umount2:EPERM fsopen:EPERM fsmount:EPERM open_tree:EPERM "
        "move_mount:EPERM mount_setattr:EPERM pivot_root:EPERM");
    add("RestrictNamespaces=yes", "RestrictNamespaces");
    // Their rings of packets are pages that can be mapped as code, and be written to, privately
    // too.
    add("RestrictAddressFamilies=~AF_PACKET AF_XDP");
    if (!unit_.is_unset("PrivateUsers"))
      leave_out("ReadOnlyPaths=/proc", "PrivateUsers= and it exclude each other; boot with "
                                       "proc_mem.force_override=never");
    else
      add("ReadOnlyPaths=/proc");
    // The second implies the first (systemd.exec(5)).
    if (unit_.last("ProtectSystem") != "strict" && !unit_.is_set("DynamicUser"))
      add("ProtectSystem=full");
    if (!unit_.values("DeviceAllow").empty())
      leave_out("PrivateDevices=yes", "the unit has DeviceAllow=");
    else
      add("PrivateDevices=yes", "PrivateDevices");
    add_paths();
    tell_open_files();
    return std::move(result_);
  }

private:
  std::string refusal() const {
    if (std::string reason = why_no_own_mounts(unit_); !reason.empty())
      return reason;
    if (const std::string root = unit_.last("RootDirectory"); !root.empty() && root != "/")
      return "has a root directory of its own, whose folders are not known here";
    // The programs of people, which may have come from anywhere, and their login's /proc.
    return starts_sessions(unit_) ? "starts sessions, which write /proc and run anybody's programs"
                                  : "";
  }

  void add_paths() {
    for (const char* key : {"NoExecPaths", "ExecPaths"})
      if (!unit_.values(key).empty())
        add(fmt::format("{}=", key));
    add("NoExecPaths=/ -/tmp -/var/tmp -/dev -/dev/shm -/dev/hugepages -/dev/mqueue -/run" +
        mounted_folders(unit_));
    const std::string executable = executable_paths();
    add("ExecPaths=" + executable);
    // What a line mounts by itself is no longer what ProtectSystem=strict makes read-only. Of
    // ReadOnlyPaths= systemd would drop the line, with what makes it executable (its drop_nop()).
    add("BindReadOnlyPaths=" + executable);
  }

  /// They come with the system's own mounts, in which what is written to them can be executed.
  void tell_open_files() {
    for (const char* key : {"StandardOutput", "StandardError"})
      if (const std::string value = unit_.last(key); names_file(value))
        leave_open(key, value, "log to the journal");
    for (const UnitSetting& setting : unit_.values("OpenFile"))
      if (const std::string options = parted(parted(setting.value).second).second;
          options.find("read-only") == std::string::npos)
        leave_open("OpenFile", setting.value, "say read-only");
  }

  static bool names_file(std::string_view output) {
    constexpr auto kKinds = std::to_array<std::string_view>({"file:", "append:", "truncate:"});
    return std::any_of(kKinds.begin(), kKinds.end(),
                       [&](std::string_view kind) { return output.starts_with(kind); });
  }

  void leave_open(std::string_view key, const std::string& value, std::string_view remedy) {
    note(fmt::format(
        "{}{}={} (systemd opens the file outside of the unit's mounts, so that what the "
        "unit writes there can be executed; {})",
        kLeftOpen, key, value, remedy));
  }

  /// What packages bring, and what the unit says besides.
  std::string executable_paths() const {
    std::string paths = "/usr";
    if (!is_of_packages(library_))
      paths += ' ' + library_;
    for (const UnitSetting& setting : unit_.values("ExecPaths"))
      for (const std::string& word : split_words(setting.value))
        if (!is_of_packages(std::string_view{word}.substr(std::min(word.find('/'), word.size()))))
          paths += ' ' + word.substr(word.find_first_not_of('+'));
    return paths;
  }

  /// `key`: what a unit that says otherwise of keeps.
  void add(const std::string& line, const char* key = nullptr) {
    if (service_ != nullptr && !service_->left_out.empty() && line.starts_with(service_->left_out))
      leave_out(line.substr(0, line.find(':')), service_->reason);
    else if (key != nullptr && !unit_.last(key).empty() && !unit_.is_set(key))
      leave_out(line, fmt::format("the unit says {}={}", key, unit_.last(key)));
    else
      result_.lines += line + '\n';
  }

  void leave_out(std::string_view line, std::string_view reason) {
    note(fmt::format("left out: {} ({})", line, reason));
  }

  void note(const std::string& sentence) {
    result_.missing.push_back(sentence);
    result_.lines += fmt::format("# {}\n", printable(sentence));
  }

  const Unit& unit_;
  const std::string& library_;
  Sealer sealer_;
  const Service* service_;
  NoNewCode result_;
};

} // namespace

NoNewCode no_new_code(const Unit& unit, const std::string& library, Sealer sealer) {
  return Writer{unit, library, sealer}.write();
}

bool closes_to_new_code(std::string_view drop_in) {
  return drop_in.find("\nNoExecPaths=/ ") != std::string_view::npos;
}

} // namespace sealwax::cli
