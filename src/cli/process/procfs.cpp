// SPDX-License-Identifier: Apache-2.0
#include "cli/process/procfs.hpp"

#include "deploy/open_in_root.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// From linux/sched.h, which is not exported; it is part of the interface of /proc/PID/stat.
constexpr std::uint64_t kKernelThreadFlag = 0x00200000; // PF_KTHREAD
constexpr std::uint64_t kEndingFlag = 0x4;              // PF_EXITING

bool is_gone(int error) {
  return error == ENOENT || error == ESRCH;
}

std::string_view advice(int error) {
  switch (error) {
  case EACCES:
  case EPERM:
    return "it takes the right to trace the process, as root has";
  case EMFILE:
  case ENFILE:
    return "raise the limit of open files (ulimit -n)";
  default:
    return "is /proc mounted?";
  }
}

} // namespace

ProcessState parse_stat(std::string_view text) {
  ProcessState result;
  // The fields behind the command's name, which is in brackets and may hold brackets and blanks.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= text.size())
    return result;
  text.remove_prefix(name_end + 2);
  result.letter = text[0];
  // proc_pid_stat(5) counts the fields from 1.
  constexpr int kFlags = 9;
  constexpr int kUserTime = 14;
  constexpr int kSystemTime = 15;
  constexpr int kStart = 22;
  for (int field = 3; field <= kStart; ++field) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (field == kFlags) {
      result.kernel_thread = (value & kKernelThreadFlag) != 0;
      result.ending = (value & kEndingFlag) != 0;
    }
    if (field == kUserTime || field == kSystemTime)
      result.time += value;
    if (field == kStart)
      result.start = value;
    text.remove_prefix(std::min(text.find(' '), text.size() - 1) + 1);
  }
  return result;
}

Memory::Outcome Memory::read(Address at, std::span<std::byte> into) const {
  if (at > static_cast<Address>(INT64_MAX))
    return Outcome::fault; // the vsyscall page, which /proc/PID/mem does not reach
  const auto avoided = std::partition_point(avoided_.begin(), avoided_.end(),
                                            [at](const Range& range) { return range.end <= at; });
  if (avoided != avoided_.end() && avoided->overlaps(Range{at, at + into.size()}))
    return Outcome::fault;
  const ssize_t size = pread(file_.number(), into.data(), into.size(), static_cast<off_t>(at));
  if (size == 0)
    return Outcome::gone;
  return size == static_cast<ssize_t>(into.size()) ? Outcome::ok : Outcome::fault;
}

Process::Process(pid_t pid)
    : pid_(pid),
      directory_(::open(fmt::format("/proc/{}", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (directory_.open())
    return;
  const int error = errno;
  if (is_gone(error) && access("/proc/self", F_OK) != 0)
    throw ProcessError(ProcessError::Kind::failed, kOtherProc);
  if (is_gone(error))
    throw ProcessError(ProcessError::Kind::vanished,
                       fmt::format("there is no process {}; give the PID of one that runs", pid));
  throw ProcessError(ProcessError::Kind::failed, fmt::format("cannot open /proc/{}: {}; {}", pid,
                                                             std::strerror(error), advice(error)));
}

uid_t Process::owner() const {
  struct stat status = {};
  return fstat(directory_.number(), &status) == 0 ? status.st_uid : 0;
}

std::string Process::name() const {
  const Descriptor file = open("comm", O_RDONLY);
  std::string text = file.open() ? read_all(file.number()).value_or("") : std::string{};
  if (text.ends_with('\n'))
    text.pop_back();
  return text;
}

std::optional<std::string> Process::executable() const {
  return link("exe");
}

std::optional<std::string> Process::link(const char* name) const {
  char path[4097];
  const ssize_t size = readlinkat(directory_.number(), name, path, sizeof path);
  if (size < 0)
    return std::nullopt;
  return std::string{path, static_cast<std::size_t>(size)};
}

std::optional<std::string> Process::text(const char* name) const {
  const Descriptor file = open(name, O_RDONLY);
  return file.open() ? read_all(file.number()) : std::nullopt;
}

std::vector<Mapping> Process::mappings() const {
  const Descriptor file = open("smaps", O_RDONLY);
  if (!file.open())
    throw explain("smaps", errno);
  SmapsParser parser;
  char buffer[16384];
  ssize_t size = 0;
  while ((size = read_some(file.number(), buffer)) > 0)
    parser.feed({buffer, static_cast<std::size_t>(size)});
  if (size < 0)
    throw explain("smaps", errno);
  const bool complete = parser.complete();
  std::vector<Mapping> mappings = parser.take();
  if (mappings.empty())
    throw explain("smaps", ESRCH);
  if (!complete)
    throw ProcessError(ProcessError::Kind::failed,
                       fmt::format("/proc/{}/smaps ends inside a mapping; the process may have "
                                   "ended meanwhile, try again",
                                   pid_));
  return mappings;
}

std::optional<Memory> Process::memory() const {
  Descriptor file = open("mem", O_RDONLY);
  if (!file.open())
    return std::nullopt;
  return Memory{std::move(file)};
}

std::optional<std::string> Process::environment(std::string_view name) const {
  const std::string text = read("environ");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return std::string{entry.substr(name.size() + 1)};
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Process::auxiliary(std::uint64_t type) const {
  const std::string text = read("auxv");
  for (std::size_t at = 0; at + sizeof(Elf64_auxv_t) <= text.size(); at += sizeof(Elf64_auxv_t)) {
    Elf64_auxv_t entry;
    std::memcpy(&entry, text.data() + at, sizeof entry);
    if (entry.a_type == type)
      return entry.a_un.a_val;
  }
  return std::nullopt;
}

Descriptor Process::open_in_root(const std::string& path) const {
  const Descriptor root = open("root", O_PATH | O_DIRECTORY);
  if (!root.open())
    return {};
  // Its own root, so that an absolute symbolic link of a container stays inside it. To open what
  // the name leads to could wait, or have consequences: a FIFO, a device.
  return reopened_to_read(
      Descriptor{deploy::open_in_root(root.number(), path.c_str(), O_PATH | O_CLOEXEC)});
}

Descriptor Process::open_mapped(const Mapping& mapping) const {
  char name[64];
  std::snprintf(name, sizeof name, "map_files/%lx-%lx", mapping.range.begin, mapping.range.end);
  if (Descriptor file = open(name, O_RDONLY); file.open())
    return file;
  Descriptor file = open_in_root(mapping.name);
  struct stat status = {};
  if (file.open() && fstat(file.number(), &status) == 0 && status.st_ino == mapping.file.inode)
    return file;
  return {};
}

Descriptor Process::open(const char* name, int flags) const {
  return Descriptor{openat(directory_.number(), name, flags | O_CLOEXEC)};
}

std::string Process::read(const char* name) const {
  const Descriptor file = open(name, O_RDONLY);
  std::optional<std::string> text;
  if (file.open())
    text = read_all(file.number());
  if (!text)
    throw explain(name, errno);
  return std::move(*text);
}

/// What `error` on /proc/PID/`name` means. A process without memory answers differently from one
/// kernel to the next (no text, ESRCH), so its state decides.
ProcessError Process::explain(const char* name, int error) const {
  using Kind = ProcessError::Kind;
  const auto about = [this](Kind kind, std::string_view what) {
    return ProcessError{kind, fmt::format("process {} {}", pid_, what)};
  };
  const Descriptor file = open("stat", O_RDONLY);
  const std::optional<std::string> text =
      file.open() ? read_all(file.number()) : std::optional<std::string>{};
  const bool gone = is_gone(error) || (!text && is_gone(errno));
  const ProcessState state = parse_stat(text.value_or(""));
  if (state.kernel_thread)
    return about(Kind::kernel_thread,
                 "is a kernel thread, which has no memory of its own to seal; give another PID");
  if (state.letter == 'Z' || state.letter == 'X')
    return about(Kind::ended, "has ended and only waits for its parent; give another PID");
  if (gone)
    return about(Kind::vanished, "has ended meanwhile; give the PID of one that runs");
  const bool denied = error == EACCES || error == EPERM;
  return {denied ? Kind::denied : Kind::failed,
          fmt::format("cannot read /proc/{}/{}: {}; {}", pid_, name, std::strerror(error),
                      advice(error))};
}

std::optional<pid_t> parse_pid(const std::string& text) {
  pid_t pid = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, pid);
  if (error != std::errc{} || stop != end || pid <= 0)
    return std::nullopt;
  return pid;
}

bool proc_is_of_own_namespace() {
  char text[32] = {};
  return readlink("/proc/self", text, sizeof text - 1) > 0 && parse_pid(text) == getpid();
}

std::vector<pid_t> all_pids() {
  const auto close_directory = [](DIR* directory) { closedir(directory); };
  const std::unique_ptr<DIR, decltype(close_directory)> directory{opendir("/proc"),
                                                                  close_directory};
  if (!directory)
    throw ProcessError(ProcessError::Kind::failed,
                       fmt::format("cannot list /proc: {}; is it mounted?", std::strerror(errno)));
  std::vector<pid_t> pids;
  while (const dirent* entry = readdir(directory.get())) {
    pid_t pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    const auto [stop, error] = std::from_chars(entry->d_name, end, pid);
    if (error == std::errc{} && stop == end)
      pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

} // namespace sealwax::cli
