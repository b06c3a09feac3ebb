#include "cli/commands/systemd/drop_in.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// A `%` begins a specifier in a unit.
std::string without_specifiers(const std::string& path) {
  std::string result;
  for (const char letter : path)
    result += letter == '%' ? std::string{"%%"} : std::string{letter};
  return result;
}

/// The library in front of the unit's own list, which has it once at most afterwards.
std::string preload_list(const std::string& library, const std::string& present) {
  std::string list = library;
  for (std::size_t at = 0; at < present.size();) {
    const std::size_t end = std::min(present.find_first_of(": ", at), present.size());
    const std::string entry = present.substr(at, end - at);
    if (!entry.empty() && entry != library)
      list += ':' + entry;
    at = end + 1;
  }
  return list;
}

/// systemd has an escape for some control characters and ends the line at others; neither ld.so nor
/// the library is called so by anybody who means well.
std::string environment_line(std::string_view name, const std::string& value) {
  const bool control = std::any_of(value.begin(), value.end(), [](char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return code < 0x20 || code == 0x7f;
  });
  if (control)
    throw CommandError(fmt::format("{} would be '{}', and a unit takes no control character; name "
                                   "a path without",
                                   name, printable(value)));
  return fmt::format("Environment={}\n", quoted_word(fmt::format("{}={}", name, value)));
}

CommandError cannot(std::string_view action, const std::string& path) {
  const int error = errno;
  const std::string shown = printable(path);
  const std::string remedy = error == EACCES || error == EPERM ? "run it as root"
                             : error == EROFS
                                 ? "make the file system writable (mount -o remount,rw)"
                             : error == ENOSPC ? "make room on the disk"
                                               : fmt::format("'ls -ld {}' shows what it is", shown);
  return CommandError(
      fmt::format("cannot {} {}: {}; {}", action, shown, std::strerror(error), remedy));
}

/// systemd reads none but *.conf.
std::string draft_of(const std::string& path) {
  return path + ".new";
}

void make_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  errno = error.value();
  if (error)
    throw cannot("make", folder.string());
}

bool write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(file, text.data(), text.size());
    if (size < 0 && errno != EINTR)
      return false;
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }
  return fchmod(file, 0644) == 0 && fsync(file) == 0;
}

/// Throws CommandError, after taking `draft` away.
void write_draft(const std::string& draft, const std::string& text) {
  const Descriptor file{
      open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file.open() && write_whole(file.number(), text))
    return;
  const CommandError error = cannot("write", draft);
  if (file.open())
    unlink(draft.c_str());
  throw error;
}

} // namespace

DropIn make_drop_in(const Unit& unit, const std::string& library, const std::string& policy,
                    const CallSets& sets) {
  const std::optional<UnitSetting> present = unit.variable("LD_PRELOAD");
  DropIn result;
  result.preload = preload_list(without_specifiers(library), present ? present->value : "");
  result.text =
      fmt::format("{}\n[Service]\n{}", kDropInMark, environment_line("LD_PRELOAD", result.preload));
  if (!policy.empty())
    result.text += environment_line(kPolicyVariable, without_specifiers(policy));
  if (sets.name_is_known && judge_filter(unit, sets) == FilterVerdict::lacks_it)
    result.text += "# The unit's filter does not list it. Without that filter this line has to go: "
                   "alone it\n# would forbid everything else.\nSystemCallFilter=mseal\n";
  return result;
}

std::string start_lines(const std::vector<std::string>& commands) {
  if (commands.empty())
    return {};
  std::string lines =
      "# No loader starts the unit's program; sealwax run seals it. Where the unit's "
      "own ExecStart=\n# changes, write this anew.\nExecStart=\n";
  for (const std::string& command : commands)
    lines += fmt::format("ExecStart={}\n", command);
  return lines;
}

void remove_remains(const std::string& path) {
  std::error_code error;
  unlink(draft_of(path).c_str());
  // Fails where something else is in it.
  std::filesystem::remove(std::filesystem::path{path}.parent_path(), error);
}

void write_drop_in(const std::string& path, const std::string& text) {
  if (text.empty()) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
      throw cannot("remove", path);
    remove_remains(path);
    return;
  }
  make_folder_of(path);
  const std::string draft = draft_of(path);
  unlink(draft.c_str()); // of one that was killed
  write_draft(draft, text);
  if (rename(draft.c_str(), path.c_str()) != 0) {
    const CommandError failure = cannot("replace", path);
    unlink(draft.c_str());
    throw failure;
  }
}

} // namespace sealwax::cli
