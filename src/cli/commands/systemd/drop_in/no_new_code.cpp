// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/drop_in/no_new_code.hpp"

#include "cli/commands/systemd/unit/own_mounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

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
        const std::string name = word.substr(0, word.find(':'));
        folders += fmt::format(" -{}/{}", kind.parent, name);
        // Of a DynamicUser= they lie here, and the name is a link.
        if (unit.is_set("DynamicUser") && kind.parent != std::string_view{"/etc"})
          folders += fmt::format(" -{}/private/{}", kind.parent, name);
      }
  // The second is what the first was called once (systemd's load-fragment).
  for (const char* key : {"ReadWritePaths", "ReadWriteDirectories", "BindPaths"})
    for (const UnitSetting& setting : unit.values(key))
      for (std::string word : split_words(setting.value)) {
        word.erase(0, word.find_first_not_of("-+"));
        folders += fmt::format(" -{}", word.substr(word.find(':') + 1));
      }
  return folders;
}

class Writer {
public:
  Writer(const Unit& unit, const std::string& library)
      : unit_(unit), library_(library), service_(service_of(unit)) {}

  NoNewCode write() {
    result_.refusal = refusal();
    if (!result_.refusal.empty())
      return std::move(result_);
    add("MemoryDenyWriteExecute=yes", "MemoryDenyWriteExecute");
    add("LockPersonality=yes");
    add("SystemCallArchitectures=native");
    // An allow list would make of ENOSYS an exit with status 228.
    add("SystemCallFilter=~memfd_create:EPERM userfaultfd:EPERM io_uring_setup:EPERM ptrace:EPERM");
    add("SystemCallFilter=~shmat:EPERM");
    add("SystemCallFilter=~mount:EPERM umount2:EPERM fsopen:EPERM fsmount:EPERM open_tree:EPERM "
        "move_mount:EPERM mount_setattr:EPERM pivot_root:EPERM");
    add("RestrictNamespaces=yes", "RestrictNamespaces");
    // Their rings of packets are pages that can be mapped as code, and be written to, privately
    // too.
    add("RestrictAddressFamilies=~AF_PACKET AF_XDP");
    if (unit_.is_set("PrivateUsers"))
      leave_out("ReadOnlyPaths=/proc", "PrivateUsers= and it exclude each other; boot with "
                                       "proc_mem.force_override=never");
    else
      add("ReadOnlyPaths=/proc");
    if (unit_.last("ProtectSystem") != "strict")
      add("ProtectSystem=full");
    if (!unit_.values("DeviceAllow").empty())
      leave_out("PrivateDevices=yes", "the unit has DeviceAllow=");
    else
      add("PrivateDevices=yes", "PrivateDevices");
    add_paths();
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
    result_.missing.push_back(fmt::format("left out: {} ({})", line, reason));
    result_.lines += fmt::format("# {}\n", result_.missing.back());
  }

  const Unit& unit_;
  const std::string& library_;
  const Service* service_;
  NoNewCode result_;
};

} // namespace

NoNewCode no_new_code(const Unit& unit, const std::string& library) {
  return Writer{unit, library}.write();
}

bool closes_to_new_code(std::string_view drop_in) {
  return drop_in.find("\nNoExecPaths=/ ") != std::string_view::npos;
}

} // namespace sealwax::cli
